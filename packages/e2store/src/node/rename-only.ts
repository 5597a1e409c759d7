import { link, open, rename, rm, unlink } from 'node:fs/promises'

/** Errors of file systems without hard links. */
const NO_LINKS: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** Rename a file without ever replacing another. @throws `EEXIST` if a file has that name */
export async function renameOnly(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code)) throw error
    await renameOverOwn(from, to)
    return
  }
  await unlink(from)
}

/** Without hard links: create an empty file of that name, and replace it. */
async function renameOverOwn(from: string, to: string): Promise<void> {
  await (await open(to, 'wx')).close()
  try {
    await rename(from, to)
  } catch (error) {
    await rm(to, { force: true })
    throw error
  }
}
