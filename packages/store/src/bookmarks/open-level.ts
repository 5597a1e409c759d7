// Part of the index's thread: nothing from other packages of the workspace may be imported here.
import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClassicLevel } from 'classic-level'
import { checkClosed, UNFINISHED_FILE } from './level-check/check.ts'
import { removeLevelFiles } from './level-files.ts'
import type { LevelFailure, LevelWorkerData } from './level-messages.ts'

export type Level = ClassicLevel<Uint8Array, Uint8Array>

/** Free bytes that a disk must have before LevelDB is reopened. */
const PROBE_BYTES = 1_048_576

/** Open LevelDB, or replace it by an empty one. @throws the error of LevelDB, for {@link failureOf} */
export async function openLevel(level: Level, { folder, createIfMissing, fresh }: LevelWorkerData): Promise<void> {
  if (fresh) {
    await mustBeFree(level)
    await clear(folder)
  } else {
    checkClosed(folder)
  }
  await level.open({ createIfMissing })
}

/** Without `flock`, only LevelDB's own lock says whether another process has the folder. */
async function mustBeFree(level: Level): Promise<void> {
  try {
    await level.open({ createIfMissing: false })
    await level.close()
  } catch (error) {
    if (failureOf(error).code === 'LEVEL_LOCKED') throw error
  }
}

/** Remove LevelDB's files from a folder, which counts as unfinished from before that on. */
export async function clear(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, UNFINISHED_FILE), '', { flush: true })
  await syncFolder(folder)
  await removeLevelFiles(folder)
}

export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Check whether a disk has room; LevelDB ignores the file. */
export async function probe(folder: string): Promise<void> {
  const path = join(folder, 'probe')
  try {
    await writeFile(path, new Uint8Array(PROBE_BYTES), { flush: true })
  } finally {
    await rm(path, { force: true })
  }
}

/** LevelDB's own error: the library wraps those of opening. */
export function failureOf(error: unknown): LevelFailure {
  const { cause } = error as { readonly cause?: unknown }
  if (cause instanceof Error) return failureOf(cause)
  const { code = '', message = String(error) } = error as Partial<LevelFailure>
  return { code, message }
}
