import { mkdir, realpath, rm, rmdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DiskError } from '../disk/errors.ts'
import { exists } from '../disk/exists.ts'
import { type LockedPath, type LockReach, lockAt } from '../disk/file-lock.ts'
import { lockedError, UnusableIndexError } from './index-errors.ts'
import { UNFINISHED_FILE } from './level-check/check.ts'
import { removeLevelFiles } from './level-files.ts'

/** The exclusive claim of one index to a folder. */
export interface FolderClaim {
  /** Real path of the folder. */
  readonly folder: string
  readonly reach: LockReach
  /** Whether the path still leads to the folder that was claimed. @throws the system's error */
  isAtPath(): Promise<boolean>
  /** To be called after LevelDB has closed the folder: before, its own lock would be lost. Idempotent. */
  release(): Promise<void>
}

/** Whether there is a LevelDB in a folder. */
export async function hasLevel(folder: string): Promise<boolean> {
  return exists(join(folder, 'CURRENT'))
}

/**
 * Claim the folder of an index before LevelDB opens it, and as long as it may be reopened: its `LOCK` gets a `flock`, like
 * that of a Go server. LevelDB's own lock is a `fcntl` one, which is independent of `flock`, and is free while an index is
 * being reopened.
 *
 * @throws {LockedError}
 * @throws {UnusableIndexError} `INDEX_MISSING`
 * @throws {DiskError} `WRITE_FAILED`
 */
export async function claimFolder(folder: string, createIfMissing: boolean): Promise<FolderClaim> {
  if (!createIfMissing && !(await hasLevel(folder))) {
    throw new UnusableIndexError('INDEX_MISSING', `${folder}: no bookmark index there, expected a LevelDB`)
  }
  const real = await realFolder(folder)
  const lock = await lockFolder(folder, real)
  if (lock === undefined) throw lockedError(folder, 'its LOCK is locked')
  const name = resolve(folder, 'LOCK')
  let released: Promise<void> | undefined
  const release = (): Promise<void> => {
    released ??= lock.release()
    return released
  }
  return { folder: real, reach: lock.reach, isAtPath: () => lock.isAt(name), release }
}

/**
 * Remove the folder of an index that is not open, unless it holds other files too. @throws {LockedError}
 */
export async function removeLevelFolder(folder: string): Promise<void> {
  if (!(await exists(folder))) return
  const claim = await claimFolder(folder, true)
  try {
    await removeLevelFiles(claim.folder)
    await rm(join(claim.folder, UNFINISHED_FILE), { force: true })
    await rm(join(claim.folder, 'LOCK'), { force: true })
  } finally {
    await claim.release()
  }
  await rmdir(folder)
}

async function lockFolder(folder: string, real: string): Promise<LockedPath | undefined> {
  try {
    return await lockAt(join(real, 'LOCK'))
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new DiskError('WRITE_FAILED', `${folder}: the bookmark index cannot be locked: ${detail}`, { cause })
  }
}

async function realFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true })
    return await realpath(folder)
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new DiskError('WRITE_FAILED', `${folder}: no folder for the bookmark index: ${detail}`, { cause })
  }
}
