import { HEADER_PAGE_BYTES, placeEntry } from '@datastreamer/format'
import { encodeIdentity, DigestChain as RunningChain } from '@datastreamer/format/signing'
import type { Sha256 } from '../sha256.ts'
import type { IdentityFields } from './header.ts'
import type { StreamPoint } from './point.ts'

/** The point of a stream that entries are appended to: number, position and digest. docs/spec/archive.md §3. */
export class DigestChain {
  readonly #running: RunningChain
  #number: bigint
  #position: number

  constructor({ number, position, digest }: StreamPoint, sha256: Sha256) {
    const hash = (bytes: Uint8Array, into: Uint8Array): void => into.set(sha256.digest(bytes))
    this.#running = new RunningChain({ nextEntry: number, runningDigest: digest }, hash)
    this.#number = number
    this.#position = position
  }

  /** Before the first entry of a stream. */
  static atStart(identity: IdentityFields, sha256: Sha256): DigestChain {
    return new DigestChain(streamStart(identity, sha256), sha256)
  }

  /** Number of the next entry. */
  get number(): bigint {
    return this.#number
  }

  point(): StreamPoint {
    return { number: this.#number, position: this.#position, digest: this.#running.digest }
  }

  /** Append the next entry, as it lies in a file: head and data. */
  append(entry: Uint8Array): void {
    this.#running.append(entry)
    this.#position = placeEntry(this.#position, entry.length) + entry.length
    this.#number++
  }
}

/** The point before the first entry of a stream. @see docs/spec/archive.md §3 */
export function streamStart(identity: IdentityFields, sha256: Sha256): StreamPoint {
  return { number: 0n, position: HEADER_PAGE_BYTES, digest: sha256.digest(encodeIdentity(identity)) }
}
