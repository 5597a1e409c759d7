import { decodeHeaderPage, HEADER_PAGE_BYTES } from '@datastreamer/format'
import type { Random } from './random.ts'
import type { SimDisk } from './sim-disk.ts'
import type { SimIndex } from './sim-index.ts'

/**
 * Another program opens a file, puts bookmarks behind its end into the index, and dies before it commits them. It begins
 * where the header says, as every program does, whatever else may have been committed; where there is none that it can
 * read, it does nothing.
 */
export function anotherProgram(disk: SimDisk, path: string, index: SimIndex, random: Random): void {
  const entries = entriesIn(disk, path)
  if (entries !== undefined) index.spoil(random, entries)
}

function entriesIn(disk: SimDisk, path: string): number | undefined {
  const page = new Uint8Array(HEADER_PAGE_BYTES)
  const length = disk.contentOf(path)?.read(page, 0)
  try {
    return Number(decodeHeaderPage(page.subarray(0, length ?? 0)).totalEntries)
  } catch {
    return undefined
  }
}
