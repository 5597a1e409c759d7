import type { Stats } from 'node:fs'
import { kindOfFile } from '@datastreamer/runtime'
import { RefusedError } from './errors.ts'

/** Refuse anything but a regular file: a pipe would block, and a device may never end. @throws {RefusedError} */
export function mustBeFile(path: string, stats: Stats): void {
  if (stats.isFile()) return
  throw new RefusedError('NOT_A_FILE', `${path} is ${kindOfFile(stats)}, expected a file`)
}
