import type { Disk, DiskFile } from './disk.ts'
import { DiskError, LockedError, RefusedError } from './errors.ts'
import type { LockReach } from './file-lock.ts'
import { messageOf } from './message-of.ts'

/** A stream file that is locked against other writers until it is closed. */
export interface LockedFile {
  readonly file: DiskFile
  readonly reach: LockReach
}

/**
 * Open a stream file and become its one writer. docs/spec/stream-file.md §6.
 *
 * @param mode `read` if only files beside it will be changed, `create` to make an empty one if absent
 * @throws {LockedError} if another writer has it locked, under any name
 * @throws {RefusedError} `CANNOT_LOCK` if the file system does not support locks
 * @throws {DiskError} `FILE_REPLACED` if the path leads to another file by then
 */
export async function openLocked(disk: Disk, path: string, mode: 'read' | 'write' | 'create'): Promise<LockedFile> {
  const file = await disk.open(path, mode)
  try {
    const reach = await file.lock().catch((cause: unknown) => {
      throw new RefusedError('CANNOT_LOCK', `${path} cannot be locked: ${messageOf(cause)}`, { cause })
    })
    if (reach === undefined) {
      throw new LockedError(
        'LOCKED',
        `${path}: another program writes this file and holds its lock; a stream has one writer`,
      )
    }
    if (!(await file.isAt(path))) throw new DiskError('FILE_REPLACED', `${path} was replaced while it was opened`)
    return { file, reach }
  } catch (error) {
    await file.close()
    throw error
  }
}
