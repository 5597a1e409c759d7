/** Serves a file that it has open for writing, and commits operations of entries that begin with the time of the commit. */
import { setTimeout as sleep } from 'node:timers/promises'
import { StreamServer } from '@datastreamer/server'
import { type Fsync, openStore, type StreamStore } from '@datastreamer/store'
import { answerQuestions } from '../harness/process.ts'
import { DATA_BYTES } from '../harness/stream-file.ts'

export type SourceQuestion =
  /** Answered with a port. */
  { readonly t: 'open'; readonly file: string; readonly fsync: Fsync; readonly readerThreads?: number } | CommitQuestion

/** Answered when so many operations of so many entries are committed, one in each period. */
export interface CommitQuestion {
  readonly t: 'commit'
  readonly operations: number
  readonly entries: number
  readonly periodMs: number
}

let store: StreamStore | undefined

answerQuestions(async (question: SourceQuestion): Promise<number | undefined> => {
  if (question.t === 'open') return open(question)
  if (store === undefined) throw new Error('no file is open')
  await commit(store, question)
  return undefined
})

async function open({ file, fsync, readerThreads = 0 }: SourceQuestion & { readonly t: 'open' }): Promise<number> {
  store = await openStore({ file, fsync })
  const server = new StreamServer({ store, readerThreads, maxConnections: 0 })
  await server.listen({ port: 0 })
  return server.address?.port ?? 0
}

async function commit(into: StreamStore, { operations, entries, periodMs }: CommitQuestion): Promise<void> {
  const data = new Uint8Array(DATA_BYTES)
  const view = new DataView(data.buffer)
  const start = performance.now()
  let last: Promise<unknown> = Promise.resolve()
  for (let operation = 0; operation < operations; operation++) {
    await sleep(Math.max(0, start + operation * periodMs - performance.now()))
    view.setBigUint64(0, process.hrtime.bigint())
    into.startAtomicOp()
    for (let i = 0; i < entries; i++) into.addStreamEntry(1, data)
    last = into.commitAtomicOp()
  }
  await last
}
