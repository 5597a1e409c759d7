/** Many readers at the head of a stream. */
import { answerQuestions } from '../harness/process.ts'
import { Histogram } from './histogram.ts'
import { LiveReader } from './live-reader.ts'

export type ReadersQuestion =
  /** Answered when all are streaming. */
  | {
      readonly t: 'join'
      readonly port: number
      readonly readers: number
      readonly from: number
      readonly operationEntries: number
    }
  /** Answered with the counts of a {@link Histogram} when all have all entries before that one; then all leave. */
  | { readonly t: 'receive'; readonly to: number }

let readers: LiveReader[] = []
let latencies = new Histogram()

answerQuestions(async (question: ReadersQuestion): Promise<readonly number[]> => {
  if (question.t === 'join') {
    const { port, from, operationEntries } = question
    latencies = new Histogram()
    readers = Array.from(
      { length: question.readers },
      () => new LiveReader({ port, from, operationEntries, latencies }),
    )
    await Promise.all(readers.map((reader) => reader.started()))
    return []
  }
  await Promise.all(readers.map((reader) => reader.reached(question.to)))
  for (const reader of readers) reader.close()
  return latencies.counts
})
