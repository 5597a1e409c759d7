import { constants, type FileHandle, open, stat, statfs } from 'node:fs/promises'
import { takeFlock } from './flock.ts'
import { Mutex } from './mutex.ts'

/**
 * Who is kept out while a file is locked: `everyone` who asks for a `flock`, by whatever name the file goes; where there
 * is no program to take one, `this-process` only.
 */
export type LockReach = 'everyone' | 'this-process'

/** An exclusive lock on a file: on its inode, so whichever name leads to it. A process that died holds none. */
export interface FileLock {
  readonly reach: LockReach
  /** To be called before the file is closed, which releases the rest. */
  release(): void
}

/** Files that this process has locked, as device and inode. */
const held = new Set<string>()

/** Whoever asks beside another could open what the other has locked, see {@link lockAt}. */
const asking = new Mutex()

/** File systems of networks, where `flock` and `fcntl` are one lock: NFS, SMB 1 and 2. */
const NETWORKS: ReadonlySet<number> = new Set([0x6969, 0xff534d42, 0xfe534d42])

/** Lock an open file; `undefined` if another has it locked. @throws if the system cannot lock such a file */
export async function lockHandle(handle: FileHandle): Promise<FileLock | undefined> {
  let lock: FileLock | undefined
  await asking.run(async () => {
    lock = await take(handle, () => takeFlock(handle.fd))
  })
  return lock
}

/** A file that exists to be locked. */
export interface LockedPath {
  readonly reach: LockReach
  /** Whether a path still leads to it. */
  isAt(path: string): Promise<boolean>
  release(): Promise<void>
}

/**
 * Make a file if it is absent, and lock it. It may be one that a library of this process locks with `fcntl`: such a lock
 * is lost when any descriptor of that file is closed, so it is opened once only, before the library does.
 *
 * @returns `undefined` if another has it locked
 */
export async function lockAt(path: string): Promise<LockedPath | undefined> {
  let lock: LockedPath | undefined
  await asking.run(async () => {
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
    const lock = await take(handle, async () => (NETWORKS.has(type) ? 'no-program' : takeFlock(handle.fd)))
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

async function take(handle: FileHandle, flock: () => ReturnType<typeof takeFlock>): Promise<FileLock | undefined> {
  const key = keyOf(await handle.stat({ bigint: true }))
  if (held.has(key)) return undefined
  const outcome = await flock()
  if (outcome === 'taken') return undefined
  held.add(key)
  return { reach: outcome === 'free' ? 'everyone' : 'this-process', release: () => held.delete(key) }
}

/** Whether a path leads to an open file. @throws what the system says, unless that nothing is there */
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
