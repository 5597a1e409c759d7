import { HEADER_PAGE_BYTES } from '@datastreamer/format'
import type { Disk } from '../disk/disk.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { baseIn } from '../log/base.ts'
import { type CommitPoint, pointOf, START } from '../log/commit-point.ts'

/**
 * Where a stream file begins: byte 4096 and entry 0, unless it begins late. Its header may be damaged; if it cannot be read where
 * it begins, it counts as beginning with entry 0. docs/spec/stream-file.md §9.
 *
 * @throws the system's error
 */
export async function baseOfFile(path: string, disk: Disk = nodeDisk): Promise<CommitPoint> {
  const file = await disk.open(path, 'read')
  try {
    const page = new Uint8Array(HEADER_PAGE_BYTES)
    return pointOf(baseIn(page.subarray(0, await file.read(page, 0))) ?? START)
  } finally {
    await file.close()
  }
}
