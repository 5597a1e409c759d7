import { viewOf } from '../bytes.ts'
import { ENTRY_HEAD_BYTES, MAX_ENTRY_BYTES, PacketType } from '../constants.ts'
import type { Entry } from '../entry.ts'
import type { Header } from '../header.ts'
import { invariant } from '../invariant.ts'
import { RUNNING_DIGEST_BYTES, type RunningDigest } from '../running-digest.ts'

/** Writes the SHA-256 of bytes into the first 32 of `into`, which may be the same memory. */
export type Sha256Into = (bytes: Uint8Array, into: Uint8Array) => void

/** The fields of a header that say which stream it is, whatever it holds. */
export type StreamIdentityFields = Pick<Header, 'generation' | 'version' | 'systemId' | 'streamType'>

/** Bytes that say which stream it is. */
export const IDENTITY_BYTES = 24
/** Memory for an entry and the digest before it, at first. */
const FIRST_BYTES = 4096
const MOST_BYTES: number = RUNNING_DIGEST_BYTES + MAX_ENTRY_BYTES

/**
 * The bytes that a stream's first digest is made of, little-endian: `1 u8 | generation u8 | version u8 | zero 5 |
 * systemId u64 | streamType u64`.
 *
 * @see docs/spec/archive.md §3
 */
export function encodeIdentity({ generation, version, systemId, streamType }: StreamIdentityFields): Uint8Array {
  const out = new Uint8Array(IDENTITY_BYTES)
  const view = viewOf(out)
  view.setUint8(0, 1)
  view.setUint8(1, generation)
  view.setUint8(2, version)
  view.setBigUint64(8, systemId, true)
  view.setBigUint64(16, streamType, true)
  return out
}

/** The running digest of a stream that entries are appended to. docs/spec/archive.md §3. */
export class DigestChain {
  readonly #sha256: Sha256Into
  #number: number
  /** The digest, and room after it for the entry that is hashed with it. */
  #memory = new Uint8Array(FIRST_BYTES)
  #view: DataView = viewOf(this.#memory)

  /** After the entries before `nextEntry`. */
  constructor({ nextEntry, runningDigest }: RunningDigest, sha256: Sha256Into) {
    this.#sha256 = sha256
    this.#number = Number(nextEntry)
    this.#memory.set(runningDigest)
  }

  /** Before the first entry of a stream. */
  static atStart(identity: StreamIdentityFields, sha256: Sha256Into): DigestChain {
    const digest = new Uint8Array(RUNNING_DIGEST_BYTES)
    sha256(encodeIdentity(identity), digest)
    return new DigestChain({ nextEntry: 0n, runningDigest: digest }, sha256)
  }

  /** Number of the next entry. */
  get number(): number {
    return this.#number
  }

  /** A copy of the digest. */
  get digest(): Uint8Array {
    return this.#memory.slice(0, RUNNING_DIGEST_BYTES)
  }

  /** Whether the digest is this one. */
  equals(digest: Uint8Array): boolean {
    for (let i = 0; i < RUNNING_DIGEST_BYTES; i++) if (this.#memory[i] !== digest[i]) return false
    return digest.length === RUNNING_DIGEST_BYTES
  }

  /** Append the next entry. Its number is not looked at: that it is the next one shows in the digest. */
  appendEntry({ type, number, data }: Entry): void {
    const length = ENTRY_HEAD_BYTES + data.length
    this.#reserve(length)
    const view = this.#view
    view.setUint8(RUNNING_DIGEST_BYTES, PacketType.entry)
    view.setUint32(RUNNING_DIGEST_BYTES + 1, length)
    view.setUint32(RUNNING_DIGEST_BYTES + 5, type)
    view.setBigUint64(RUNNING_DIGEST_BYTES + 9, number)
    this.#memory.set(data, RUNNING_DIGEST_BYTES + ENTRY_HEAD_BYTES)
    this.#advance(length)
  }

  /** Append the next entry, as it lies in a page: head and data. */
  append(entry: Uint8Array): void {
    this.#reserve(entry.length)
    this.#memory.set(entry, RUNNING_DIGEST_BYTES)
    this.#advance(entry.length)
  }

  /**
   * Append whole entries as they lie one after the other in a page.
   *
   * @param end number of the entry to stop before
   * @param maxBytes bytes after which to stop, but at least one entry is appended if there is one before `end`
   * @returns bytes of those that were appended
   */
  appendRun(bytes: Uint8Array, end: number, maxBytes: number = Number.POSITIVE_INFINITY): number {
    const view = viewOf(bytes)
    let at = 0
    while (at < bytes.length && at < maxBytes && this.#number < end) {
      const length = view.getUint32(at + 1)
      invariant(length >= ENTRY_HEAD_BYTES && length <= bytes.length - at, 'a run holds what is no entry')
      this.append(bytes.subarray(at, at + length))
      at += length
    }
    return at
  }

  #advance(length: number): void {
    this.#sha256(this.#memory.subarray(0, RUNNING_DIGEST_BYTES + length), this.#memory)
    this.#number++
  }

  #reserve(length: number): void {
    const bytes = RUNNING_DIGEST_BYTES + length
    invariant(bytes <= MOST_BYTES, `an entry of ${length} bytes`)
    if (bytes <= this.#memory.length) return
    const memory = new Uint8Array(Math.min(MOST_BYTES, Math.max(bytes, 2 * this.#memory.length)))
    memory.set(this.#memory.subarray(0, RUNNING_DIGEST_BYTES))
    this.#memory = memory
    this.#view = viewOf(memory)
  }
}
