import { stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { compareHistoryNames } from '@datastreamer/e2store/folder'
import { type Location, shownAddress } from '@datastreamer/e2store/location'
import { folderLocation, openLocation } from '@datastreamer/e2store/node'
import { MissingError } from '../errors.ts'
import { inFile } from './errors.ts'
import { isKindName } from './file.ts'
import { isAddress, lastName, localPath } from './remote-file.ts'

/** A file to work on. */
export interface Input {
  /** A path or an address. */
  readonly path: string
  /** The same for messages, without credentials. */
  readonly shown: string
  /** Without its folder. */
  readonly name: string
}

/**
 * The files that arguments name: a file itself; of a folder, also one on a server, the e2store files in it, in the order
 * in which they follow each other.
 *
 * @throws {MissingError} there is no such file in a folder
 * @throws {FileError} the folder on a server cannot be listed
 */
export async function inputsOf(paths: readonly string[], signal: AbortSignal): Promise<readonly Input[]> {
  const inputs: Input[] = []
  for (const path of paths) {
    if (isAddress(path)) {
      inputs.push(...(await filesAt(path, signal)))
      continue
    }
    const local = localPath(path)
    // What cannot be looked at is reported when it is opened.
    const stats = await stat(local).catch(() => undefined)
    if (stats?.isDirectory())
      inputs.push(...(await filesIn(folderLocation(local), (name) => join(local, name), signal)))
    else inputs.push({ path, shown: path, name: basename(local) })
  }
  return inputs
}

async function filesAt(address: string, signal: AbortSignal): Promise<readonly Input[]> {
  const name = lastName(address)
  if (isKindName(extname(name))) return [{ path: address, shown: shownAddress(address), name }]
  const folder = address.replace(/[?#].*$/s, '').replace(/([^/])$/, '$1/')
  try {
    return await filesIn(await openLocation(folder), (file) => `${folder}${nameInAddress(folder, file)}`, signal)
  } catch (error) {
    throw inFile(shownAddress(folder), error)
  }
}

/** A key of a bucket is written as it is. */
function nameInAddress(folder: string, name: string): string {
  return folder.startsWith('s3:') ? name : encodeURIComponent(name)
}

async function filesIn(
  folder: Location,
  pathOf: (name: string) => string,
  signal: AbortSignal,
): Promise<readonly Input[]> {
  await using location = folder
  const names = (await location.list({ signal })).map(({ name }) => name).filter((name) => isKindName(extname(name)))
  if (names.length === 0)
    throw new MissingError('NOT_FOUND', `${location.name}: there is no e2store file in this folder`)
  return names.sort(compareHistoryNames).map((name) => {
    const path = pathOf(name)
    return { path, shown: shownAddress(path), name }
  })
}
