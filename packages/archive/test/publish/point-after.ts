import { hash } from 'node:crypto'
import { concatBytes, type Entry, encodeEntry, HEADER_PAGE_BYTES, placeEntry } from '@datastreamer/format'
import { encodeIdentity } from '@datastreamer/format/signing'
import type { IdentityFields } from '../../src/segment/header.ts'
import type { StreamPoint } from '../../src/segment/point.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(hash('sha256', bytes, 'buffer'))

/** The point of a stream without entries. docs/spec/archive.md §3. */
export function firstPoint(identity: IdentityFields): StreamPoint {
  return { number: 0n, position: HEADER_PAGE_BYTES, digest: sha256(encodeIdentity(identity)) }
}

/** The point after one more entry. docs/spec/archive.md §3. */
export function pointAfter({ number, position, digest }: StreamPoint, entry: Entry): StreamPoint {
  const bytes = encodeEntry(entry)
  return {
    number: number + 1n,
    position: placeEntry(position, bytes.length) + bytes.length,
    digest: sha256(concatBytes([digest, bytes])),
  }
}
