import { mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DiskError } from '../errors.ts'
import { lockedError, UnusableIndexError } from './index-errors.ts'

/** Folders that this process has open, by their real paths. */
const claimed = new Set<string>()

/** The right of one index of this process to a folder. */
export interface FolderClaim {
  /** Real path of the folder. */
  readonly folder: string
  release(): void
}

/** Whether a LevelDB is in a folder. */
export async function hasLevel(folder: string): Promise<boolean> {
  return exists(join(folder, 'CURRENT'))
}

/**
 * Claim the folder of an index before LevelDB opens it, since LevelDB's own lock leaves two gaps. A second try of the
 * same process is refused, but frees the lock for other processes; and the lock is a `fcntl` one, of which a Go server,
 * that holds a `flock`, takes no notice, nor LevelDB of that.
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
  if (claimed.has(real)) throw lockedError(folder, 'this process has it open')
  claimed.add(real)
  try {
    const holder = await flockHolder(join(real, 'LOCK'))
    if (holder !== undefined) throw lockedError(folder, `process ${holder} holds a lock on it`)
  } catch (error) {
    claimed.delete(real)
    throw error
  }
  return { folder: real, release: () => claimed.delete(real) }
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

/**
 * The process that holds a `flock` on a file, as far as this system says.
 *
 * Lines of `/proc/locks` read `1: FLOCK  ADVISORY  WRITE 707 fe:00:8912 0 EOF`: kind, access, process, then device
 * (major and minor in hex) and inode of the file.
 */
async function flockHolder(path: string): Promise<string | undefined> {
  if (process.platform !== 'linux' || !(await exists(path))) return undefined
  const { dev, ino } = await stat(path, { bigint: true })
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn)
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn)
  const hex = (number: bigint): string => number.toString(16).padStart(2, '0')
  const file = `${hex(major)}:${hex(minor)}:${ino}`
  const locks = await readFile('/proc/locks', 'latin1').catch(() => '')
  for (const line of locks.split('\n')) {
    const [, kind, , , pid, place] = line.trim().split(/\s+/)
    if (kind === 'FLOCK' && place === file) return pid
  }
  return undefined
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
