import { open, readFile, rename } from 'node:fs/promises'
import { withPath } from '../../node/with-path.ts'

/** Write a small file whole, unless it has this text already. @returns whether it was written */
export async function writeIfOther(path: string, text: string): Promise<boolean> {
  if ((await textOf(path)) === text) return false
  const file = await open(`${path}.new`, 'w')
  try {
    await withPath(`${path}.new`, file.writeFile(text))
    await withPath(`${path}.new`, file.sync())
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  return true
}

/** The text of a file; `undefined` if it does not exist. */
export async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
}
