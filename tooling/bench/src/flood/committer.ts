/** A source that commits one operation after the other, each awaited before the next begins. */
import { connectSource, type SourceClient } from '@datastreamer/client/source'
import { answerQuestions } from '../harness/process.ts'
import { bookmarkOf, DATA_BYTES, OPERATION_ENTRIES } from '../harness/stream-file.ts'

export type CommitterQuestion =
  | { readonly t: 'connect'; readonly port: number }
  /** Answered with the time that each commit took, in ms. */
  | { readonly t: 'commit'; readonly forMs: number }

let source: SourceClient | undefined
let operation = 0

answerQuestions(async (question: CommitterQuestion): Promise<readonly number[]> => {
  if (question.t === 'connect') {
    source = await connectSource({ host: '127.0.0.1', port: question.port })
    return []
  }
  if (source === undefined) throw new Error('not connected')
  const took: number[] = []
  const data = new Uint8Array(DATA_BYTES)
  const end = performance.now() + question.forMs
  while (performance.now() < end) {
    const began = performance.now()
    source.startAtomicOp()
    source.addStreamBookmark(bookmarkOf(1e9 + operation++))
    for (let i = 0; i < OPERATION_ENTRIES; i++) source.addStreamEntry(1, data)
    await source.commitAtomicOp()
    took.push(performance.now() - began)
  }
  return took
})
