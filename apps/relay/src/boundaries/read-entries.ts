import type { Entry } from '@datastreamer/format'
import type { StreamReader } from '@datastreamer/store'

/**
 * The committed entries `from` to `to`, `to` not included. Their data is borrowed until the next one is asked for.
 *
 * @throws {TruncatedError} @throws {NotFoundError} if they are truncated meanwhile, or not there
 */
export async function* readEntries(reader: StreamReader, from: bigint, to: bigint): AsyncGenerator<Entry, void, void> {
  if (from < to) yield* reader.entries({ from, to: to - 1n, follow: false })
}
