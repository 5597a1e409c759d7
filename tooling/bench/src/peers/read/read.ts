/** Reads a whole stream, again and again for a while. */

import { answerQuestions } from '../../harness/process.ts'
import { LiveReader } from '../../readers/live-reader.ts'
import { entriesOfRecord, type Form } from '../form.ts'
import { READ_ALL } from './clients.ts'
import { intakeOf } from './intakes.ts'

export interface PeerReadQuestion {
  readonly by: 'client' | 'bytes'
  readonly form: Form
  readonly port: number
  /** Entries of the stream, and of each operation in it. */
  readonly entries: number
  readonly operationEntries: number
  readonly ms: number
}

/** Before the first record of each system. */
const BEGINNING = { operation: '0', commands: '0-0', fields: '0-0', message: '0' } as const

/** Answered with the entries a second, from the first byte said to the last entry. */
answerQuestions(async (question: PeerReadQuestion): Promise<number> => {
  const start = performance.now()
  let passes = 0
  while (performance.now() - start < question.ms) {
    await readOnce(question)
    passes++
  }
  return (passes * question.entries) / ((performance.now() - start) / 1000)
})

async function readOnce({ by, form, port, entries, operationEntries }: PeerReadQuestion): Promise<void> {
  if (by === 'client') {
    const share = entriesOfRecord(form, operationEntries)
    const records = entries / share
    const read = await READ_ALL[form](port, records, share)
    if (read !== records) throw new Error(`${read} of ${records} records`)
    return
  }
  const options = { entries: operationEntries, onOperation: undefined }
  const reader = new LiveReader(port, (say) => intakeOf(form, BEGINNING[form], { ...options, say }))
  await reader.received(entries)
  reader.close()
}
