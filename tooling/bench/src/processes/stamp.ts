/** Serves a file that it has open for writing, and commits operations of one entry, which holds the time at which commit was called. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore, StreamServer, type StreamStore } from '@datastreamer/server'
import { answerQuestions } from '../harness/process.ts'
import { DATA_BYTES } from '../harness/stream-file.ts'

export type StampQuestion =
  /** Answered with a port. */
  | { readonly file: string }
  /** Answered when all are committed. */
  | { readonly operations: number; readonly periodMs: number }

let store: StreamStore | undefined

answerQuestions(async (question: StampQuestion): Promise<number> => {
  if ('file' in question) return open(question.file)
  if (store === undefined) throw new Error('no file is open')
  await stamp(store, question.operations, question.periodMs)
  return question.operations
})

async function open(file: string): Promise<number> {
  store = await openStore({ file })
  const { log, index: bookmarks, operationEnds } = store
  const server = new StreamServer({ log, bookmarks, operationEnds })
  await server.listen({ port: 0 })
  return server.address?.port ?? 0
}

async function stamp(into: StreamStore, operations: number, periodMs: number): Promise<void> {
  const data = new Uint8Array(DATA_BYTES)
  const view = new DataView(data.buffer)
  let due = performance.now()
  let last: Promise<unknown> = Promise.resolve()
  for (let i = 0; i < operations; i++) {
    due += periodMs
    await sleep(Math.max(0, due - performance.now()))
    into.startAtomicOp()
    view.setBigUint64(0, process.hrtime.bigint())
    into.addStreamEntry(1, data)
    last = into.commitAtomicOp()
  }
  await last
}
