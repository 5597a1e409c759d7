import type { Stats } from 'node:fs'
import { constants, type FileHandle, open, stat } from 'node:fs/promises'
import { ByteSourceError } from '../errors.ts'

/** Opening a pipe with this flag does not wait for a writer; it does not affect files. Windows does not have it. */
const WITHOUT_WAITING = constants.O_NONBLOCK ?? 0

/**
 * Open a regular file; anything else is not even opened.
 *
 * @param flags as `open(2)` takes them
 * @throws {ByteSourceError} `NOT_A_FILE`
 */
export async function openRegularFile(path: string, flags: number): Promise<{ file: FileHandle; size: number }> {
  await checkReplaceable(path)
  const file = await open(path, flags | WITHOUT_WAITING)
  try {
    const stats = await file.stat()
    mustBeFile(path, stats)
    return { file, size: stats.size }
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * Make sure that a file can be put at a path: nothing is there, or a regular file that it replaces.
 *
 * @throws {ByteSourceError} `NOT_A_FILE`
 */
export async function checkReplaceable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined) mustBeFile(path, found)
}

function mustBeFile(path: string, stats: Stats): void {
  if (stats.isFile()) return
  throw new ByteSourceError('NOT_A_FILE', `${path} is ${kindOf(stats)}, expected a regular file`)
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe (FIFO)'
  if (stats.isSocket()) return 'a socket'
  return stats.isBlockDevice() || stats.isCharacterDevice() ? 'a device' : 'of an unknown kind'
}
