import { stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { compareHistoryNames } from '@datastreamer/e2store/folder'
import { folderLocation } from '@datastreamer/e2store/node'
import { MissingError } from '../errors.ts'
import { isKindName } from './file.ts'

/** A file to work on. */
export interface Input {
  readonly path: string
  /** Without its folder. */
  readonly name: string
}

/**
 * The files that arguments name: a file itself; of a folder the e2store files in it, in the order in which they follow each
 * other.
 *
 * @throws {MissingError} there is no such file in a folder
 */
export async function inputsOf(paths: readonly string[], signal: AbortSignal): Promise<readonly Input[]> {
  const inputs: Input[] = []
  for (const path of paths) {
    // What cannot be looked at is reported when it is opened.
    const stats = await stat(path).catch(() => undefined)
    if (stats?.isDirectory()) inputs.push(...(await filesIn(path, signal)))
    else inputs.push({ path, name: basename(path) })
  }
  return inputs
}

async function filesIn(folder: string, signal: AbortSignal): Promise<readonly Input[]> {
  await using location = folderLocation(folder)
  const names = (await location.list({ signal })).map(({ name }) => name).filter((name) => isKindName(extname(name)))
  if (names.length === 0) throw new MissingError('NOT_FOUND', `${folder}: there is no e2store file in this folder`)
  return names.sort(compareHistoryNames).map((name) => ({ path: join(folder, name), name }))
}
