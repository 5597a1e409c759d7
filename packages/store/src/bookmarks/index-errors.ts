import { StreamError } from '@datastreamer/format'
import { DiskError, type DiskErrorCode, LockedError } from '../disk/errors.ts'
import type { BookmarkPut } from './bookmark-index.ts'
import type { LevelFailure } from './level-messages.ts'

/** Why a bookmark index cannot be used. */
export type UnusableIndexCode =
  /** There is no LevelDB in the folder. */
  | 'INDEX_MISSING'
  /** LevelDB's files are damaged, or one is missing. */
  | 'INDEX_CORRUPT'

/** The index cannot be used as it is. Nothing is lost: `rebuildIndex` rebuilds it from the stream file. */
export class UnusableIndexError extends StreamError<UnusableIndexCode> {
  override readonly name: string = 'UnusableIndexError'
}

/** The error for a failure of opening LevelDB. */
export function openError(failure: LevelFailure, folder: string): LockedError | UnusableIndexError | DiskError {
  if (failure.code === 'LEVEL_LOCKED') return lockedError(folder, failure.message, { cause: causeOf(failure) })
  // LevelDB needs every file that it has recorded.
  const missing = failure.code === 'LEVEL_IO_ERROR' && failure.message.includes('No such file')
  if (failure.code === 'LEVEL_CORRUPTION' || missing) return corruptError(failure, folder)
  return diskError('WRITE_FAILED', failure, folder)
}

/** The error for a failure of an open LevelDB. */
export function indexError(failure: LevelFailure, folder: string): UnusableIndexError | DiskError {
  return failure.code === 'LEVEL_CORRUPTION'
    ? corruptError(failure, folder)
    : diskError('WRITE_FAILED', failure, folder)
}

/** The error for a failed look-up: a read error counts as damage, unless memory or descriptors ran out. */
export function lookUpError(failure: LevelFailure, folder: string): UnusableIndexError | DiskError {
  const isRead = failure.code === 'LEVEL_IO_ERROR' || failure.code === 'EIO'
  const isScarce = /too many open files|cannot allocate/i.test(failure.message)
  return isRead && !isScarce ? corruptError(failure, folder) : indexError(failure, folder)
}

/** The error for an index that lacks a bookmark of the log. */
export function gapError(file: string, { key, number }: BookmarkPut): UnusableIndexError {
  const bookmark = Buffer.from(key).toString('hex')
  const message = `the bookmark index of ${file} does not lead to bookmark 0x${bookmark} of entry ${number}`
  return new UnusableIndexError('INDEX_CORRUPT', message)
}

/** Whether LevelDB is open elsewhere. */
export function isLocked({ cause }: Error): boolean {
  return (cause as Partial<LevelFailure> | undefined)?.code === 'LEVEL_LOCKED'
}

/** The error for an index that another program opened while it was being reopened. */
export function lostError(folder: string): DiskError {
  return new DiskError(
    'STORE_BROKEN',
    `${folder}: another program took the bookmark index over, and with it the stream`,
  )
}

export function lockedError(folder: string, found: string, options?: ErrorOptions): LockedError {
  const message = `${folder}: the bookmark index has another owner (${found}); a stream has one writer`
  return new LockedError('LOCKED', message, options)
}

/** The error for an index whose thread has ended. */
export function threadError(folder: string, how: string): DiskError {
  return new DiskError('STORE_BROKEN', `${folder}: the thread of the bookmark index ended: ${how}`)
}

function corruptError(failure: LevelFailure, folder: string): UnusableIndexError {
  const message = `${folder}: the bookmark index is damaged (${failure.message}); it can be rebuilt from the stream file`
  return new UnusableIndexError('INDEX_CORRUPT', message, { cause: causeOf(failure) })
}

function diskError(code: DiskErrorCode, failure: LevelFailure, folder: string): DiskError {
  return new DiskError(code, `${folder}: the bookmark index failed: ${failure.message}`, { cause: causeOf(failure) })
}

function causeOf({ code, message }: LevelFailure): Error {
  return Object.assign(new Error(message), { code })
}
