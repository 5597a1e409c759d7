import { basename, dirname, extname, join } from 'node:path'
import { RefusedError } from '../disk/errors.ts'

/** The path of a file beside the stream file: its own with another extension. */
export function beside(path: string, extension: string): string {
  const name = basename(path)
  return join(dirname(path), name.slice(0, name.length - extname(name).length) + extension)
}

/** The commit log: `data-stream.commits` beside `data-stream.bin`. docs/spec/commit-log.md §1. */
export function commitLogPath(path: string): string {
  return beside(path, '.commits')
}

/** An update in place that is under way: `data-stream.update` beside `data-stream.bin`. docs/spec/commit-log.md §5. */
export function pendingUpdatePath(path: string): string {
  return beside(path, '.update')
}

/** A stream file that is being made: `data-stream.new` beside `data-stream.bin`. */
export function newFilePath(path: string): string {
  return beside(path, '.new')
}

/** Running digests and who vouches for them: `data-stream.signatures` beside `data-stream.bin`. docs/spec/protocol.md §12. */
export function signaturesPath(path: string): string {
  return beside(path, '.signatures')
}

/**
 * @throws {TypeError} if it is not a path
 * @throws {RefusedError} `RESERVED_NAME` if a stream may not have that name
 */
export function checkName(path: string): void {
  mustBePath(path)
  for (const pathBeside of [commitLogPath, pendingUpdatePath, newFilePath, signaturesPath]) {
    const extension = extname(pathBeside(path))
    if (basename(pathBeside(path)) !== basename(path)) continue
    throw new RefusedError(
      'RESERVED_NAME',
      `${path}: a stream file cannot be named *${extension}, which names a file beside a stream`,
    )
  }
}

/** @throws {TypeError} that says what was expected, if there is no path */
export function mustBePath(path: unknown): void {
  if (typeof path === 'string' && path !== '') return
  throw new TypeError(`file: expected the path of a stream file, got ${path === '' ? 'an empty string' : String(path)}`)
}
