import { decodeHeaderPage, HEADER_PAGE_BYTES, type Header } from '@datastreamer/format'
import type { SimDisk } from './sim-disk.ts'

/** The header of a file as the machine sees it; `undefined` if it cannot be read. */
export function headerIn(disk: SimDisk, path: string): Header | undefined {
  const page = new Uint8Array(HEADER_PAGE_BYTES)
  const length = disk.contentOf(path)?.read(page, 0)
  try {
    return decodeHeaderPage(page.subarray(0, length ?? 0))
  } catch {
    return undefined
  }
}
