import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { decodeHeaderPage, HEADER_PAGE_BYTES, type Header } from '@datastreamer/format'
import { expect } from 'vitest'

/** A file's header, and a digest of all that is committed in it, padding included. */
export function committed(path: string): { readonly header: Header; readonly digest: string } {
  const fd = openSync(path, 'r')
  try {
    const page = new Uint8Array(HEADER_PAGE_BYTES)
    readSync(fd, page, 0, page.length, 0)
    const header = decodeHeaderPage(page)
    const hash = createHash('sha256')
    const buffer = new Uint8Array(1 << 20)
    for (let at = HEADER_PAGE_BYTES; at < header.totalLength; ) {
      const length = Math.min(buffer.length, header.totalLength - at)
      const read = readSync(fd, buffer, 0, length, at)
      hash.update(buffer.subarray(0, read))
      at += read
    }
    return { header, digest: hash.digest('hex') }
  } finally {
    closeSync(fd)
  }
}

/** The files are the same, byte for byte, from their headers up to their commit points. */
export function expectEqualFiles(first: string, ...others: readonly string[]): void {
  const wanted = committed(first)
  for (const other of others) expect(committed(other), other).toEqual(wanted)
}
