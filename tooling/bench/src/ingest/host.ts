/** Has a stream open for writing, to a source on a port, and serves it on another; or takes bytes and counts them. */
import { createServer } from 'node:net'
import { tempDir } from '@datastreamer/fixtures'
import { SourceServer, StreamServer } from '@datastreamer/server'
import { type Fsync, openStore, type StreamStore } from '@datastreamer/store'
import { answerQuestions } from '../harness/process.ts'

export type IngestHostQuestion =
  /** Open a file, or a fresh stream that is removed when it is closed. Answered with {@link IngestHostPorts}. */
  | { readonly t: 'open'; readonly fsync: Fsync; readonly file?: string }
  /** Answered with {@link IngestHostAnswer}, of the time since it was opened. */
  | { readonly t: 'close' }
  /** Answered with a port that takes so many bytes of each connection and then says one. */
  | { readonly t: 'sink'; readonly bytes: number }

export interface IngestHostPorts {
  readonly sourcePort: number
  readonly port: number
}

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
  readonly sources: SourceServer
  readonly server: StreamServer
  readonly cpuBefore: NodeJS.CpuUsage
}

let opened: Opened | undefined

answerQuestions(async (question: IngestHostQuestion): Promise<number | IngestHostPorts | IngestHostAnswer> => {
  if (question.t === 'sink') return sink(question.bytes)
  if (question.t === 'open') return open(question.fsync, question.file)
  if (opened === undefined) throw new Error('no stream is open')
  const { folder, store, sources, server, cpuBefore } = opened
  const { user, system } = process.cpuUsage(cpuBefore)
  const { commits, groups } = store.stats
  await sources.close()
  await server.close()
  await store.close()
  folder[Symbol.dispose]()
  opened = undefined
  return { cpuMs: (user + system) / 1000, commits, groups }
})

async function open(fsync: Fsync, file?: string): Promise<IngestHostPorts> {
  const folder = tempDir()
  const store = await openStore({ file: file ?? folder.join('data-stream.bin'), fsync })
  const server = new StreamServer({ store })
  await server.listen({ port: 0 })
  const sources = new SourceServer({ store })
  await sources.listen({ port: 0 })
  opened = { folder, store, server, sources, cpuBefore: process.cpuUsage() }
  return { port: server.address?.port ?? 0, sourcePort: sources.address?.port ?? 0 }
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
