/** Serves a stream file, and answers what that took so far. */
import { StreamClient } from '@datastreamer/client'
import { StreamServer } from '@datastreamer/server'
import { openReader } from '@datastreamer/store'
import { answerQuestions } from '../harness/process.ts'

export interface CountedQuestion {
  /** Serve this file, which is done once. */
  readonly file?: string
}

export interface CountedAnswer {
  readonly port: number
  readonly cpuMs: number
  readonly bytesSent: number
  /** Runs that were compressed. */
  readonly runs: number
}

let server: StreamServer | undefined

answerQuestions(async ({ file }: CountedQuestion): Promise<CountedAnswer> => {
  if (server === undefined) {
    if (file === undefined) throw new Error('no file to serve')
    server = new StreamServer({ reader: await openReader({ file }) })
    await server.listen({ port: 0 })
    await indexed(server.address?.port ?? 0)
  }
  const { user, system } = process.cpuUsage()
  const { bytesSent, compression } = await server.counters()
  return { port: server.address?.port ?? 0, cpuMs: (user + system) / 1000, bytesSent, runs: compression.runs }
})

/** Wait until the file was scanned for bookmarks, as it is once: look-ups wait for that. */
async function indexed(port: number): Promise<void> {
  await using client = new StreamClient({ host: '127.0.0.1', port, responseTimeoutMs: 600_000 })
  await client.getBookmark(Uint8Array.of(0))
}
