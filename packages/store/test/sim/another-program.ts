import { headerIn } from './header-in.ts'
import type { Random } from './random.ts'
import type { SimDisk } from './sim-disk.ts'
import type { SimIndex } from './sim-index.ts'

/**
 * Another program opens a file, puts bookmarks after its end into the index, and dies before it commits them. Like every
 * program it begins where the header says, whatever else may have been committed; without a readable header it does nothing.
 */
export function anotherProgram(disk: SimDisk, path: string, index: SimIndex, random: Random): void {
  const header = headerIn(disk, path)
  if (header !== undefined) index.spoil(random, Number(header.totalEntries))
}
