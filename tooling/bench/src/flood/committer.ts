/** A source that commits operations, whose entries begin with the time of the commit. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connectSource, type SourceClient } from '@datastreamer/client/source'
import { answerQuestions } from '../harness/process.ts'
import { bookmarkOf, DATA_BYTES, OPERATION_ENTRIES } from '../harness/stream-file.ts'

export type CommitterQuestion =
  | { readonly t: 'connect'; readonly port: number }
  /** Commit one after the other, each awaited before the next begins. Answered with the time that each took, in ms. */
  | { readonly t: 'commit'; readonly forMs: number }
  /** Commit one in each period. Answered with the time that each took, in ms, when all are committed. */
  | { readonly t: 'pace'; readonly operations: number; readonly periodMs: number }

let source: SourceClient | undefined
let operation = 0

answerQuestions(async (question: CommitterQuestion): Promise<readonly number[]> => {
  if (question.t === 'connect') {
    source = await connectSource({ host: '127.0.0.1', port: question.port })
    return []
  }
  if (source === undefined) throw new Error('not connected')
  const began = performance.now()
  if (question.t === 'pace') {
    const all: Promise<number>[] = []
    while (all.length < question.operations) {
      await sleep(Math.max(0, began + all.length * question.periodMs - performance.now()))
      all.push(commit(source))
    }
    return await Promise.all(all)
  }
  const took: number[] = []
  while (performance.now() < began + question.forMs) took.push(await commit(source))
  return took
})

async function commit(into: SourceClient): Promise<number> {
  const data = new Uint8Array(DATA_BYTES)
  const began = performance.now()
  new DataView(data.buffer).setBigUint64(0, process.hrtime.bigint())
  into.startAtomicOp()
  into.addStreamBookmark(bookmarkOf(1e9 + operation++))
  for (let i = 0; i < OPERATION_ENTRIES; i++) into.addStreamEntry(1, data)
  await into.commitAtomicOp()
  return performance.now() - began
}
