// Part of the index's thread: nothing from other packages of the workspace may be imported here.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Names of LevelDB's files except `LOCK`, see its `filename.h`. */
const FILES = /^(CURRENT|MANIFEST-\d+|LOG|LOG\.old|\d+\.(log|ldb|sst|dbtmp))$/

/**
 * Remove LevelDB's files from a folder, except `LOCK`: a lock on a removed file would keep nobody out. `CURRENT` is removed
 * first, so that the rest is not a LevelDB if this is interrupted.
 */
export async function removeLevelFiles(folder: string): Promise<void> {
  await rm(join(folder, 'CURRENT'), { force: true })
  for (const name of await readdir(folder)) if (FILES.test(name)) await rm(join(folder, name), { force: true })
}
