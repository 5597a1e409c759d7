import { bytesLeftInPage, PAGE_BYTES, viewOf } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import { readBytes } from '../log/run-reader.ts'

/** Make the page in which the log ends the only one in memory; none if a page ends there. */
export async function loadEnd(
  file: DiskFile,
  path: string,
  { totalLength }: CommitPoint,
  buffers: PageBuffers,
): Promise<void> {
  const left = bytesLeftInPage(totalLength)
  buffers.clear()
  if (left === PAGE_BYTES) return
  const start = totalLength + left - PAGE_BYTES
  const bytes = await readBytes(file, path, start, totalLength - start)
  buffers.open(start, Number(viewOf(bytes).getBigUint64(9))).bytes.set(bytes)
}
