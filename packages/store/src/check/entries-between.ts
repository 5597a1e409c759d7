import { type Entry, type EntrySource, NotFoundError } from '@datastreamer/format'
import { RecoveryError } from './errors.ts'

/** The entries from number `from` to before `to` of another source. @throws {RecoveryError} `SOURCE_DIFFERS` */
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
    throw new RecoveryError('SOURCE_DIFFERS', `${source.name} is not all there: ${error.message}`, { cause: error })
  }
}
