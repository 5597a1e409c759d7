import { constants, type FileHandle, open, stat, statfs } from 'node:fs/promises'
import { takeFlock } from './flock.ts'
import { Mutex } from './mutex.ts'

/**
 * Who is kept out while a file is locked: `everyone` who uses `flock`, under any name of the file; without the program
 * `flock`, only `this-process`.
 */
export type LockReach = 'everyone' | 'this-process'

/** An exclusive lock on a file's inode, so under any name. It ends with the process. */
export interface FileLock {
  readonly reach: LockReach
  /** To be called before the file is closed; closing it ends the system's lock. */
  release(): void
}

/** Files that this process has locked, by device and inode. */
const held = new Set<string>()

/** Concurrent calls could open, and close, a file that another has just locked; see {@link lockAt}. */
const locking = new Mutex()

/** Network file systems, where `flock` and `fcntl` share one lock: NFS, SMB 1 and 2. */
const NETWORKS: ReadonlySet<number> = new Set([0x6969, 0xff534d42, 0xfe534d42])

/** Lock an open file; `undefined` if it is locked already. @throws if the system cannot lock the file */
export async function lockHandle(handle: FileHandle): Promise<FileLock | undefined> {
  let lock: FileLock | undefined
  await locking.run(async () => {
    lock = await lockInode(handle, () => takeFlock(handle.fd))
  })
  return lock
}

/** A lock file. */
export interface LockedPath {
  readonly reach: LockReach
  /** Whether a path still leads to it. */
  isAt(path: string): Promise<boolean>
  release(): Promise<void>
}

/**
 * Make a file if it is absent, and lock it. A library of this process may lock the same file with `fcntl`: that lock is lost
 * when any descriptor of the file is closed, so it is opened only once, before the library opens it.
 *
 * @returns `undefined` if it is locked already
 */
export async function lockAt(path: string): Promise<LockedPath | undefined> {
  let lock: LockedPath | undefined
  await locking.run(async () => {
    lock = await openAndLock(path)
  })
  return lock
}

async function openAndLock(path: string): Promise<LockedPath | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  if (found !== undefined && held.has(keyOf(found))) return undefined
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NONBLOCK ?? 0), 0o644)
  try {
    const { type } = await statfs(path)
    const lock = await lockInode(handle, async () => (NETWORKS.has(type) ? 'no-program' : takeFlock(handle.fd)))
    if (lock !== undefined) return lockedPath(handle, lock)
  } catch (error) {
    await handle.close()
    throw error
  }
  await handle.close()
  return undefined
}

function lockedPath(handle: FileHandle, lock: FileLock): LockedPath {
  return {
    reach: lock.reach,
    isAt: (path) => isFileAt(handle, path),
    async release() {
      lock.release()
      await handle.close()
    },
  }
}

async function lockInode(handle: FileHandle, flock: () => ReturnType<typeof takeFlock>): Promise<FileLock | undefined> {
  const key = keyOf(await handle.stat({ bigint: true }))
  if (held.has(key)) return undefined
  const outcome = await flock()
  if (outcome === 'taken') return undefined
  held.add(key)
  return { reach: outcome === 'free' ? 'everyone' : 'this-process', release: () => held.delete(key) }
}

/** Whether a path leads to an open file. @throws the system's error, unless the path does not exist */
export async function isFileAt(handle: FileHandle, path: string): Promise<boolean> {
  const mine = await handle.stat({ bigint: true })
  try {
    return keyOf(await stat(path, { bigint: true })) === keyOf(mine)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function keyOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`
}
