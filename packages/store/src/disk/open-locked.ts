import type { Disk, DiskFile } from './disk.ts'
import { DiskError, LockedError, RefusedError } from './errors.ts'
import type { LockReach } from './file-lock.ts'
import { messageOf } from './message-of.ts'

/** A stream file that nobody else writes until it is closed. */
export interface LockedFile {
  readonly file: DiskFile
  readonly reach: LockReach
}

/**
 * Open a stream file and become its one writer. docs/spec/stream-file.md §6.
 *
 * @param mode `read` for who changes only what lies beside the file, `create` to make one without bytes if absent
 * @throws {LockedError} if another has it, by whatever name
 * @throws {RefusedError} `CANNOT_LOCK` if the system locks no files there
 * @throws {DiskError} `FILE_REPLACED` if another file got the name meanwhile
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
