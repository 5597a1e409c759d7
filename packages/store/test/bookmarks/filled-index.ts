import { readdirSync } from 'node:fs'
import type { LevelBookmarkIndex } from '../../src/bookmarks/level-bookmark-index.ts'
import { openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { key } from './log-in-memory.ts'

/** More than the thread is given at a time, and than LevelDB keeps in memory before it makes a table. */
export const MANY = 300_000

/** Open an index that counts as finished. */
export async function openFinished(folder: string): Promise<LevelBookmarkIndex> {
  const index = await openLevelIndex({ folder, createIfMissing: true })
  await index.finish()
  return index
}

/** Let the keys of some numbers lead to them. */
export function putNumbers(index: LevelBookmarkIndex, from: number, to: number): void {
  index.put(Array.from({ length: to - from }, (_, i) => ({ key: key(from + i), number: from + i })))
}

/** Numbers that the keys of some numbers lead to in a LevelDB. */
export async function numbersIn(folder: string, numbers: readonly number[]): Promise<(number | undefined)[]> {
  const index = await openLevelIndex({ folder, createIfMissing: false })
  const found = await Promise.all(numbers.map((n) => index.get(key(n))))
  await index.close()
  return found
}

export function filesOf(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder).filter((name) => pattern.test(name))
}
