import { NotFoundError } from '@datastreamer/format'
import type { ServerRefusedError } from '../errors.ts'

/** The error for an entry to start at that is not there. */
export function noFirstEntry(number: bigint | undefined, totalEntries: bigint, cause?: unknown): NotFoundError {
  return new NotFoundError('FROM_NOT_FOUND', `no entry ${number}, the stream has ${totalEntries}`, { cause })
}

/** The error for a bookmark to end at that is not there. */
export function noLastBookmark(cause: unknown): NotFoundError {
  return new NotFoundError('TO_NOT_FOUND', 'the stream has no such bookmark to end at', { cause })
}

/** The error for a bookmark to end at that lies before the start. */
export function endsBeforeStart(start: bigint, end: bigint): NotFoundError {
  return new NotFoundError('TO_NOT_FOUND', `the end, entry ${end}, lies before the start, entry ${start}`)
}

/** The error for a start that a server refused, if it is because it does not have what was named. */
export function notFound(cause: ServerRefusedError, first: bigint | undefined, totalEntries: bigint): Error {
  if (cause.code === 'BAD_FROM_ENTRY') return noFirstEntry(first, totalEntries, cause)
  if (cause.code === 'BAD_TO_BOOKMARK') return noLastBookmark(cause)
  if (cause.code !== 'BAD_FROM_BOOKMARK') return cause
  return new NotFoundError('FROM_NOT_FOUND', 'the stream has no such bookmark to start at', { cause })
}
