/** Many readers at the head of a stream. */
import { answerQuestions } from '../../harness/process.ts'
import { OPERATION_ENTRIES } from '../../harness/stream-file.ts'
import type { Intake } from '../../readers/intake.ts'
import { LiveReader } from '../../readers/live-reader.ts'
import type { Form } from '../form.ts'
import { intakeOf } from '../read/intakes.ts'
import { Histogram } from './histogram.ts'

export type ReadersQuestion =
  /** Answered when all are streaming. */
  | {
      readonly t: 'join'
      readonly port: number
      readonly readers: number
      /** Number of the first entry to ask for; in systems of others, the last record that is there. */
      readonly from: number | string
      /** How operations are written there (default: as ours). */
      readonly form?: Form
    }
  /** Answered with the counts of a {@link Histogram} when all have so many entries; then all leave. */
  | { readonly t: 'receive'; readonly entries: number }

let readers: LiveReader[] = []
let latencies = new Histogram()

answerQuestions(async (question: ReadersQuestion): Promise<readonly number[]> => {
  if (question.t === 'join') {
    const { port, from, form = 'operation' } = question
    latencies = new Histogram()
    const onOperation = (stamp: bigint): void => latencies.add(Number(process.hrtime.bigint() - stamp) / 1e6)
    const intake = (say: (bytes: Uint8Array) => void): Intake =>
      intakeOf(form, from, { say, entries: OPERATION_ENTRIES, onOperation })
    readers = Array.from({ length: question.readers }, () => new LiveReader(port, intake))
    await Promise.all(readers.map((reader) => reader.started()))
    return []
  }
  await Promise.all(readers.map((reader) => reader.received(question.entries)))
  for (const reader of readers) reader.close()
  return latencies.counts
})
