import { StreamError } from '@datastreamer/format'
import { DiskError, type DiskErrorCode, LockedError } from '../errors.ts'
import type { LevelFailure } from './level-messages.ts'

/** Why a bookmark index cannot be used. */
export type UnusableIndexCode =
  /** There is no LevelDB in the folder. */
  | 'INDEX_MISSING'
  /** LevelDB finds its own files damaged, or misses one. */
  | 'INDEX_CORRUPT'

/** The index cannot be used as it is. Nothing is lost: `rebuildIndex` makes it again from the stream file. */
export class UnusableIndexError extends StreamError<UnusableIndexCode> {}

/** The error for what LevelDB said; what is neither a lock nor damage is the disk's, under `code`. */
export function indexError(
  failure: LevelFailure,
  folder: string,
  code: DiskErrorCode,
): LockedError | UnusableIndexError | DiskError {
  const cause = Object.assign(new Error(failure.message), { code: failure.code })
  if (failure.code === 'LEVEL_LOCKED') return lockedError(folder, failure.message, { cause })
  // LevelDB never goes without a file that it knows of.
  const missing = failure.code === 'LEVEL_IO_ERROR' && failure.message.includes('No such file')
  if (failure.code === 'LEVEL_CORRUPTION' || missing) {
    const message = `${folder}: the bookmark index is damaged (${failure.message}); it can be rebuilt from the stream file`
    return new UnusableIndexError('INDEX_CORRUPT', message, { cause })
  }
  return new DiskError(code, `${folder}: the bookmark index failed: ${failure.message}`, { cause })
}

export function lockedError(folder: string, found: string, options?: ErrorOptions): LockedError {
  const message = `${folder}: the bookmark index has another owner (${found}); a stream has one writer`
  return new LockedError('LOCKED', message, options)
}
