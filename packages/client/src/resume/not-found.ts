import { NotFoundError, type NotFoundErrorCode } from '@datastreamer/format'
import type { ServerRefusedError } from '../errors.ts'

/** The error for an entry that is not there, and not waited for. */
export function noEntry(code: NotFoundErrorCode, number: bigint, totalEntries: bigint, cause?: unknown): NotFoundError {
  return new NotFoundError(code, `no entry ${number}, the stream has ${totalEntries}`, { cause })
}

/** The error for a bookmark that is not there. */
export function noBookmark(code: NotFoundErrorCode, bookmark: Uint8Array, cause: unknown): NotFoundError {
  return new NotFoundError(code, `the stream has no bookmark 0x${Buffer.from(bookmark).toString('hex')}`, { cause })
}

/** The error for a bookmark to end at that lies before the start. */
export function endsBeforeStart(start: bigint, end: bigint): NotFoundError {
  return new NotFoundError('TO_NOT_FOUND', `the end, entry ${end}, is before the start, entry ${start}`)
}

/** What a start asked for. */
export interface AskedFor {
  readonly entry: bigint | undefined
  readonly from: Uint8Array | undefined
  readonly to: Uint8Array | undefined
}

/** The error for a start that a server refused, if it is because it does not have what was asked for. */
export function notFound(cause: ServerRefusedError, { entry, from, to }: AskedFor, totalEntries: bigint): Error {
  const { code } = cause
  if (code === 'BAD_FROM_ENTRY' && entry !== undefined) return noEntry('FROM_NOT_FOUND', entry, totalEntries, cause)
  if (code === 'BAD_FROM_BOOKMARK' && from !== undefined) return noBookmark('FROM_NOT_FOUND', from, cause)
  if (code === 'BAD_TO_BOOKMARK' && to !== undefined) return noBookmark('TO_NOT_FOUND', to, cause)
  return cause
}
