import { headerIn } from './header-in.ts'
import type { Random } from './random.ts'
import type { SimDisk } from './sim-disk.ts'
import type { SimIndex } from './sim-index.ts'

/**
 * Another program opens a file, puts bookmarks after its end into the index, and dies before it commits them. It begins
 * where the header says, as every program does, whatever else may have been committed; where there is none that it can
 * read, it does nothing.
 */
export function anotherProgram(disk: SimDisk, path: string, index: SimIndex, random: Random): void {
  const header = headerIn(disk, path)
  if (header !== undefined) index.spoil(random, Number(header.totalEntries))
}
