import { lstat, readlink, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { RefusedError } from './errors.ts'

/**
 * Whether there is something of that name. Only what the system knows to be absent is: any other failure is thrown, for
 * what cannot be seen may be there.
 *
 * @throws {RefusedError} `LEADS_NOWHERE` if a symbolic link on the way has no target: a volume may not be mounted
 * @throws what the system says
 */
export async function exists(path: string): Promise<boolean> {
  if (await isThere(() => stat(path))) return true
  // The way to it may end earlier.
  for (let at = resolve(path); ; at = dirname(at)) {
    if (await isThere(() => lstat(at))) {
      if (await isThere(() => stat(at))) return false
      const leadsTo = resolve(dirname(at), await readlink(at))
      throw new RefusedError('LEADS_NOWHERE', `${path}: the link ${at} leads to ${leadsTo}, where nothing is`)
    }
    if (dirname(at) === at) return false
  }
}

async function isThere(look: () => Promise<unknown>): Promise<boolean> {
  try {
    await look()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
