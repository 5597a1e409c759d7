// Part of the index's thread: nothing from other packages of the workspace may be imported here.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Names of LevelDB's files but for `LOCK`, as its `filename.h` has them. */
const FILES = /^(CURRENT|MANIFEST-\d+|LOG|LOG\.old|\d+\.(log|ldb|sst|dbtmp))$/

/**
 * Remove what LevelDB keeps in a folder, but its `LOCK`: whoever has that locked would have locked a file without a name.
 * `CURRENT` goes first, so that what is left, if this is interrupted, is no LevelDB.
 */
export async function removeLevelFiles(folder: string): Promise<void> {
  await rm(join(folder, 'CURRENT'), { force: true })
  for (const name of await readdir(folder)) if (FILES.test(name)) await rm(join(folder, name), { force: true })
}
