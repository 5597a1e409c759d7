import { NotFoundError } from '@datastreamer/format'

/** The error for an entry to start at that is not there. */
export function noFirstEntry(number: bigint | undefined, totalEntries: bigint, cause?: unknown): NotFoundError {
  return new NotFoundError('FROM_NOT_FOUND', `no entry ${number}, the stream has ${totalEntries}`, { cause })
}

/** The error for a bookmark to start at that is not there. */
export function noFirstBookmark(cause: unknown): NotFoundError {
  return new NotFoundError('FROM_NOT_FOUND', 'the stream has no such bookmark to start at', { cause })
}

/** The error for a bookmark to end at that is not there. */
export function noLastBookmark(cause?: unknown): NotFoundError {
  return new NotFoundError('TO_NOT_FOUND', 'the stream has no such bookmark to end at', { cause })
}

/** The error for a bookmark to end at that lies before the start. */
export function endsBeforeStart(start: bigint, end: bigint): NotFoundError {
  return new NotFoundError('TO_NOT_FOUND', `the end, entry ${end}, lies before the start, entry ${start}`)
}
