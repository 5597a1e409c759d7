/** Has a stream of its own open for writing, to a source on a port; or takes bytes and counts them. */
import { createServer } from 'node:net'
import { tempDir } from '@datastreamer/fixtures'
import { SourceServer } from '@datastreamer/server'
import { type Fsync, openStore, type StreamStore } from '@datastreamer/store'
import { answerQuestions } from '../harness/process.ts'

export type IngestHostQuestion =
  /** Open a fresh stream. Answered with the port for a source. */
  | { readonly t: 'open'; readonly fsync: Fsync }
  /** Answered with {@link IngestHostAnswer}, of the time since it was opened; then the stream is removed. */
  | { readonly t: 'close' }
  /** Answered with a port that takes so many bytes of each connection and then says one. */
  | { readonly t: 'sink'; readonly bytes: number }

export interface IngestHostAnswer {
  /** CPU time of all threads. */
  readonly cpuMs: number
  readonly commits: number
  /** How many times commits were written together. */
  readonly groups: number
}

interface Opened {
  readonly folder: ReturnType<typeof tempDir>
  readonly store: StreamStore
  readonly server: SourceServer
  readonly cpuBefore: NodeJS.CpuUsage
}

let opened: Opened | undefined

answerQuestions(async (question: IngestHostQuestion): Promise<number | IngestHostAnswer> => {
  if (question.t === 'sink') return sink(question.bytes)
  if (question.t === 'open') return open(question.fsync)
  if (opened === undefined) throw new Error('no stream is open')
  const { folder, store, server, cpuBefore } = opened
  const { user, system } = process.cpuUsage(cpuBefore)
  const { commits, groups } = store.stats
  await server.close()
  await store.close()
  folder[Symbol.dispose]()
  opened = undefined
  return { cpuMs: (user + system) / 1000, commits, groups }
})

async function open(fsync: Fsync): Promise<number> {
  const folder = tempDir()
  const store = await openStore({ file: folder.join('data-stream.bin'), fsync })
  const server = new SourceServer({ store })
  await server.listen({ port: 0 })
  opened = { folder, store, server, cpuBefore: process.cpuUsage() }
  return server.address?.port ?? 0
}

async function sink(bytes: number): Promise<number> {
  const server = createServer((socket) => {
    let left = bytes
    socket.on('data', ({ length }) => {
      left -= length
      if (left <= 0) socket.end('.')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
