/** Serves a file that it has open for writing, to clients on one port and to a source on another. */
import { SourceServer, StreamServer } from '@datastreamer/server'
import { openStore } from '@datastreamer/store'
import { answerQuestions } from '../harness/process.ts'

export interface HostQuestion {
  readonly file: string
  readonly writeTimeoutMs?: number
  readonly readerThreads?: number
  /** Scrub at that rate, one pass after the other; 0 is not at all. */
  readonly scrubBytesPerSecond?: number
}

export interface HostAnswer {
  readonly port: number
  readonly sourcePort: number
}

answerQuestions(async (question: HostQuestion): Promise<HostAnswer> => {
  const { file, writeTimeoutMs, readerThreads, scrubBytesPerSecond = 0 } = question
  const scrub = scrubBytesPerSecond > 0 ? { bytesPerSecond: scrubBytesPerSecond, passEveryMs: 1 } : undefined
  const store = await openStore({ file, fsync: 'commit', scrub })
  const server = new StreamServer({ store, writeTimeoutMs, readerThreads, maxConnections: 2000 })
  await server.listen({ port: 0 })
  const sources = new SourceServer({ store })
  await sources.listen({ port: 0 })
  return { port: server.address?.port ?? 0, sourcePort: sources.address?.port ?? 0 }
})
