import { basename, dirname, extname, join } from 'node:path'

/**
 * Folder of the bookmark index of a stream file: its path with the extension of the last component replaced by `.db`, or
 * `.db` appended if it has none. A leading dot does not begin an extension.
 *
 * @see docs/spec/stream-file.md §5
 */
export function bookmarkFolder(path: string): string {
  const name = basename(path, extname(path))
  return join(dirname(path), `${name}.db`)
}
