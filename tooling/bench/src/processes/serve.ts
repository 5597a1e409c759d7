/** Serves a stream file as `datastreamer-server --read-only` does; answers with the port. */
import { StreamServer } from '@datastreamer/server'
import { openReader } from '@datastreamer/store'
import { answerQuestions } from '../harness/process.ts'

export interface ServeQuestion {
  readonly file: string
}

answerQuestions(async ({ file }: ServeQuestion): Promise<number> => {
  const server = new StreamServer({ reader: await openReader({ file }) })
  await server.listen({ port: 0 })
  return server.address?.port ?? 0
})
