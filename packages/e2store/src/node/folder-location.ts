import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LocationError } from '../location/errors.ts'
import type { ListedFile, Location, LocationOptions, OpenedFile } from '../location/location.ts'
import { checkFileName, isFileName } from '../location/names.ts'
import { openFile } from './file-source.ts'

/** More than any list of archives takes. */
const MAX_TEXT_BYTES = 16_777_216

/**
 * The files of a folder. What lies in folders below it, and what is no file, is not listed.
 *
 * Missing files and folders are `LocationError`s with the code `NOT_FOUND`; other errors of the system stay as they are.
 */
export function folderLocation(path: string): Location {
  const open = async (name: string, { signal }: LocationOptions = {}): Promise<OpenedFile> => {
    signal?.throwIfAborted()
    const file = await openFile(join(path, checkFileName(name))).catch(explained)
    return Object.assign(file, { name })
  }
  return {
    name: path,
    async list({ signal } = {}) {
      const entries = await readdir(path, { withFileTypes: true }).catch(explained)
      const files: ListedFile[] = []
      for (const entry of entries) {
        signal?.throwIfAborted()
        if (entry.isDirectory() || !isFileName(entry.name)) continue
        // Of a link, what it leads to; one that leads nowhere is no file.
        const stats = await stat(join(path, entry.name)).catch(() => undefined)
        if (stats?.isFile()) files.push({ name: entry.name, size: stats.size })
      }
      return files.sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    open,
    async readText(name, options) {
      try {
        await using file = await open(name, options)
        if (file.size > MAX_TEXT_BYTES) {
          throw new LocationError('BAD_LISTING', `${join(path, name)} has ${file.size} bytes: too many for a list`)
        }
        return new TextDecoder().decode(await file.read(0, file.size))
      } catch (error) {
        if (error instanceof LocationError && error.code === 'NOT_FOUND') return undefined
        throw error
      }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

function explained(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
  throw new LocationError('NOT_FOUND', `${error.path}: there is no such file or folder`, { cause: error })
}
