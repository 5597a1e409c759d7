import { hash } from 'node:crypto'
import { HEADER_PAGE_BYTES, MAX_ENTRY_BYTES, placeEntry } from '@datastreamer/format'
import { DIGEST_BYTES, encodeIdentity, type Identity, type StreamPoint } from './layout.ts'

/** Goes through a stream entry by entry, keeping number, place in the file, and digest. docs/spec/archive.md §3. */
export class StreamCursor {
  #number: bigint
  #position: number
  /** The digest, and room behind it for the entry that is hashed with it. */
  readonly #hashed = new Uint8Array(DIGEST_BYTES + MAX_ENTRY_BYTES)

  constructor({ number, position, digest }: StreamPoint) {
    this.#number = number
    this.#position = position
    this.#hashed.set(digest)
  }

  /** In front of the first entry of a stream. */
  static atStart(identity: Identity): StreamCursor {
    const digest = hash('sha256', encodeIdentity(identity), 'buffer')
    return new StreamCursor({ number: 0n, position: HEADER_PAGE_BYTES, digest })
  }

  get number(): bigint {
    return this.#number
  }

  /** The place where it stands now. */
  point(): StreamPoint {
    return { number: this.#number, position: this.#position, digest: this.#hashed.slice(0, DIGEST_BYTES) }
  }

  /** Go past the next entry, as it lies in a file: head and data. */
  push(entry: Uint8Array): void {
    this.#hashed.set(entry, DIGEST_BYTES)
    const digest = hash('sha256', this.#hashed.subarray(0, DIGEST_BYTES + entry.length), 'buffer')
    this.#hashed.set(digest)
    this.#position = placeEntry(this.#position, entry.length) + entry.length
    this.#number++
  }
}

/** Whether two places are the same, with the same entries before them. */
export function samePoint(a: StreamPoint, b: StreamPoint): boolean {
  return a.number === b.number && a.position === b.position && sameBytes(a.digest, b.digest)
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
