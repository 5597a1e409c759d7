/** Serves a stream file as `datastreamer-server --read-only` does; answers with the port. */
import { StreamServer } from '@datastreamer/server'
import { openReader } from '@datastreamer/store'
import { answerQuestions } from '../harness/process.ts'

export interface ServeQuestion {
  readonly file: string
}

answerQuestions(async ({ file }: ServeQuestion): Promise<number> => {
  const { log, index } = await openReader({ file })
  const server = new StreamServer({ log, bookmarks: index })
  await server.listen({ port: 0 })
  return server.address?.port ?? 0
})
