import { link, open, rename, rm, unlink } from 'node:fs/promises'

/** What systems say where a file can have one name only. */
const NO_LINKS: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/**
 * Give a file another name, never that of another file.
 *
 * @param makeLink the system's, unless a test has another
 * @throws `EEXIST` if one has it
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

/** Where there are no links: take the name with an empty file, and replace that. */
async function renameOverOwn(from: string, to: string): Promise<void> {
  await (await open(to, 'wx')).close()
  try {
    await rename(from, to)
  } catch (error) {
    await rm(to, { force: true })
    throw error
  }
}
