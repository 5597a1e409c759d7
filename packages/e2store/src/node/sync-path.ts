import { constants, open } from 'node:fs/promises'
import { withPath } from './with-path.ts'

/** Errors of systems and file systems that cannot open a folder, or not make one durable. */
const CANNOT: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP'])

/** Make durable what is at a path: a file, or the names in a folder; where the system can. */
export async function syncPath(path: string): Promise<void> {
  try {
    const file = await open(path, constants.O_RDONLY)
    try {
      await withPath(path, file.sync())
    } finally {
      await file.close()
    }
  } catch (error) {
    if (!CANNOT.has((error as NodeJS.ErrnoException).code)) throw error
  }
}
