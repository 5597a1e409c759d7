import { type Entry, type EntrySource, NotFoundError } from '@datastreamer/format'
import { RecoveryError } from './errors.ts'

/** The entries from number `from` up to but excluding `to` of an entry source. @throws {RecoveryError} `SOURCE_DIFFERS` */
export async function* entriesBetween(
  source: EntrySource,
  from: bigint,
  to: bigint,
): AsyncGenerator<readonly Entry[], void, void> {
  if (from === to) return
  try {
    yield* source.batches({ from, to: to - 1n, follow: false })
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    throw new RecoveryError('SOURCE_DIFFERS', `${source.name} does not have all entries:  ${error.message}`, {
      cause: error,
    })
  }
}
