import type { Stats } from 'node:fs'
import { RefusedError } from './errors.ts'

/** Refuse what is no regular file: a pipe would be waited for, and a device may never end. @throws {RefusedError} */
export function mustBeFile(path: string, stats: Stats): void {
  if (stats.isFile()) return
  throw new RefusedError('NOT_A_FILE', `${path} is ${kindOf(stats)}, expected a file`)
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe (FIFO)'
  if (stats.isSocket()) return 'a socket'
  return stats.isBlockDevice() || stats.isCharacterDevice() ? 'a device' : 'of an unknown kind'
}
