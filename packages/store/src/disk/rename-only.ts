import { link, open, rename, rm, unlink } from 'node:fs/promises'

/** Errors of file systems on which a file can have only one name. */
const NO_LINKS: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/**
 * Rename a file, never over another one.
 *
 * @param makeLink replaced by tests
 * @throws `EEXIST` if the name is in use
 */
export async function renameOnly(from: string, to: string, makeLink: typeof link = link): Promise<void> {
  try {
    await makeLink(from, to)
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code)) throw error
    await renameOverOwn(from, to)
    return
  }
  await unlink(from)
}

/** Without hard links: claim the name with an empty file, then rename over that. */
async function renameOverOwn(from: string, to: string): Promise<void> {
  await (await open(to, 'wx')).close()
  try {
    await rename(from, to)
  } catch (error) {
    await rm(to, { force: true })
    throw error
  }
}
