import { lstat, readlink, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { RefusedError } from './errors.ts'

/**
 * Whether a path exists. Only what the system reports as absent is absent; any other error is thrown, since the file may
 * be there.
 *
 * @throws {RefusedError} `LEADS_NOWHERE` if a symbolic link on the path has no target: a volume may not be mounted
 * @throws the system's error
 */
export async function exists(path: string): Promise<boolean> {
  if (await isThere(() => stat(path))) return true
  // A folder or a link on the path may be missing too.
  for (let at = resolve(path); ; at = dirname(at)) {
    if (await isThere(() => lstat(at))) {
      if (await isThere(() => stat(at))) return false
      const leadsTo = resolve(dirname(at), await readlink(at))
      throw new RefusedError('LEADS_NOWHERE', `${path}: the link ${at} leads to ${leadsTo}, where nothing is`)
    }
    if (dirname(at) === at) return false
  }
}

async function isThere(stat: () => Promise<unknown>): Promise<boolean> {
  try {
    await stat()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
