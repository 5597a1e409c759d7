import { HEADER_PAGE_BYTES, placeEntry } from '@datastreamer/format'
import type { Sha256 } from '../sha256.ts'
import { encodeIdentity, type IdentityFields } from './header.ts'
import { DIGEST_BYTES, type StreamPoint } from './point.ts'

const FIRST_ROOM_BYTES = 4096

/** The point of a stream that entries are appended to: number, position and digest. docs/spec/archive.md §3. */
export class DigestChain {
  readonly #sha256: Sha256
  #number: bigint
  #position: number
  /** The digest, and room after it for the entry that is hashed with it: more as larger ones come. */
  #hashed = new Uint8Array(DIGEST_BYTES + FIRST_ROOM_BYTES)

  constructor({ number, position, digest }: StreamPoint, sha256: Sha256) {
    this.#sha256 = sha256
    this.#number = number
    this.#position = position
    this.#hashed.set(digest)
  }

  /** Before the first entry of a stream. */
  static atStart(identity: IdentityFields, sha256: Sha256): DigestChain {
    const digest = sha256.digest(encodeIdentity(identity))
    return new DigestChain({ number: 0n, position: HEADER_PAGE_BYTES, digest }, sha256)
  }

  /** Number of the next entry. */
  get number(): bigint {
    return this.#number
  }

  point(): StreamPoint {
    return { number: this.#number, position: this.#position, digest: this.#hashed.slice(0, DIGEST_BYTES) }
  }

  /** Append the next entry, as it lies in a file: head and data. */
  append(entry: Uint8Array): void {
    const bytes = DIGEST_BYTES + entry.length
    if (bytes > this.#hashed.length) this.#grow(bytes)
    this.#hashed.set(entry, DIGEST_BYTES)
    this.#hashed.set(this.#sha256.digest(this.#hashed.subarray(0, bytes)))
    this.#position = placeEntry(this.#position, entry.length) + entry.length
    this.#number++
  }

  #grow(bytes: number): void {
    const grown = new Uint8Array(Math.max(bytes, 2 * this.#hashed.length))
    grown.set(this.#hashed.subarray(0, DIGEST_BYTES))
    this.#hashed = grown
  }
}

/** The point before the first entry of a stream. @see docs/spec/archive.md §3 */
export function streamStart(identity: IdentityFields, sha256: Sha256): StreamPoint {
  return DigestChain.atStart(identity, sha256).point()
}
