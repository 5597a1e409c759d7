import { encodeHeaderPage, HEADER_PAGE_BYTES } from '@datastreamer/format'

/** A stream file without entries and without data pages. */
export function emptyFile(): Uint8Array {
  const header = { generation: 3, version: 2, systemId: 0n, streamType: 1n } as const
  return encodeHeaderPage({ ...header, totalLength: HEADER_PAGE_BYTES, totalEntries: 0n })
}
