import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { bookmarkFolder } from '../bookmarks/bookmark-folder.ts'
import { claimFolder, removeLevelFolder } from '../bookmarks/level-folder.ts'
import type { Disk } from '../disk/disk.ts'
import { RefusedError } from '../disk/errors.ts'
import { exists } from '../disk/exists.ts'
import { type LockedFile, openLocked } from '../disk/open-locked.ts'
import { commitLogPath } from '../log/paths.ts'
import { createStreamFile } from '../log/stream-file.ts'
import type { StreamIdentity } from '../log/stream-identity.ts'
import type { Lock } from '../write/lock.ts'
import type { Made } from './made.ts'
import type { StoreOptions } from './store-options.ts'

/**
 * Open the file, made if absent.
 *
 * @param lockIndex called before a file is made
 * @throws {RefusedError} `FILE_NOT_FOUND`
 * @throws as `openLocked`
 */
export async function openFile(
  options: StoreOptions,
  { disk, made }: { readonly disk: Disk; readonly made: Made },
  lockIndex: () => Promise<void>,
): Promise<LockedFile> {
  const { file: path, mustExist = false, onEvent = () => {} } = options
  if (await disk.exists(path)) return openLocked(disk, path, 'write')
  if (mustExist) throw new RefusedError('FILE_NOT_FOUND', `${resolve(path)}: there is no such file, and it must exist`)
  const folders = await disk.makeFoldersOf(path)
  for (const folder of folders) made.add(() => disk.removeFolder(folder))
  const locked = await createStreamFile(disk, path, options, async () => {
    // A stream whose name differs only in its extension has the same index and commit log.
    await lockIndex()
    await disk.remove(commitLogPath(path))
  })
  made.add(async () => {
    if (await locked.file.isAt(path)) await disk.remove(path)
  })
  onEvent({ event: 'created', file: path, folders })
  return locked
}

/**
 * A Go server locks the index folder, which it names after the path that it was given. If our path is a symbolic link, the
 * file has another such folder under its own name: lock that too.
 */
export async function lockTarget(path: string, made: Made): Promise<Lock | undefined> {
  const folder = bookmarkFolder(await realpath(path))
  const own = await realpath(bookmarkFolder(path))
  if (!(await exists(folder))) made.add(() => removeLevelFolder(folder))
  else if ((await realpath(folder)) === own) return undefined
  const claim = await claimFolder(folder, true)
  return { isAtPath: () => claim.isAtPath(), close: () => claim.release() }
}

/** @throws {RefusedError} `STREAM_DIFFERS` if a stream is of another version, system or generation than requested */
export function checkIdentity(
  path: string,
  found: { readonly version: number; readonly systemId: bigint; readonly generation: number },
  { version, systemId, generation }: StreamIdentity,
): void {
  const refuse = (what: string, has: unknown, asked: unknown): never => {
    throw new RefusedError('STREAM_DIFFERS', `${path} holds a stream of ${what} ${has}, asked for was ${asked}`)
  }
  if (generation !== undefined && found.generation !== generation) {
    refuse('header generation', found.generation, generation)
  }
  if (found.generation !== 3) return
  if (version !== undefined && found.version !== version) refuse('version', found.version, version)
  if (systemId !== undefined && found.systemId !== systemId) refuse('system id', found.systemId, systemId)
}
