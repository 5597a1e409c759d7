import { defaultHashes } from '@datastreamer/e2store/execution'
import type { TrustLevel } from './trust.ts'

const PREFIX_BYTES = 8
const DIGEST_BYTES = 16
const RECORD_BYTES = PREFIX_BYTES + DIGEST_BYTES

/**
 * What is kept of the headers of a file that were verified together: 24 bytes for each, by which a block that is read
 * later is recognized, and found by its hash.
 */
export class VerifiedHeaders {
  readonly level: TrustLevel
  readonly start: bigint
  readonly #records: Uint8Array

  constructor(level: TrustLevel, start: bigint, records: Uint8Array) {
    this.level = level
    this.start = start
    this.#records = records
  }

  get count(): number {
    return this.#records.length / RECORD_BYTES
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#records.length
  }

  /** Whether the block of this number has this hash and, if the file holds it, this total difficulty. */
  has(number: bigint, hash: Uint8Array, totalDifficulty: Uint8Array | undefined): boolean {
    const index = number - this.start
    if (index < 0n || index >= BigInt(this.count)) return false
    return matches(this.#records, Number(index) * RECORD_BYTES, recordOf(hash, totalDifficulty))
  }

  /** Numbers of the blocks whose hash begins as this one: mostly none, or one. */
  find(hash: Uint8Array): bigint[] {
    const found: bigint[] = []
    const prefix = hash.subarray(0, PREFIX_BYTES)
    for (let i = 0, at = 0; at < this.#records.length; i++, at += RECORD_BYTES) {
      if (matches(this.#records, at, prefix)) found.push(this.start + BigInt(i))
    }
    return found
  }
}

/** Collects what {@link VerifiedHeaders} keeps, block by block. */
export class HeaderRecords {
  readonly #records: Uint8Array
  #count = 0

  constructor(count: number) {
    this.#records = new Uint8Array(count * RECORD_BYTES)
  }

  add(hash: Uint8Array, totalDifficulty: Uint8Array | undefined): void {
    this.#records.set(recordOf(hash, totalDifficulty), this.#count++ * RECORD_BYTES)
  }

  verified(level: TrustLevel, start: bigint): VerifiedHeaders {
    return new VerifiedHeaders(level, start, this.#records.subarray(0, this.#count * RECORD_BYTES))
  }
}

/** The start of the hash, and of a digest of the hash and the total difficulty. */
function recordOf(hash: Uint8Array, totalDifficulty: Uint8Array | undefined): Uint8Array {
  const pair = new Uint8Array(64)
  pair.set(hash)
  if (totalDifficulty !== undefined) pair.set(totalDifficulty, 32)
  const record = new Uint8Array(RECORD_BYTES)
  record.set(hash.subarray(0, PREFIX_BYTES))
  record.set(defaultHashes().sha256(pair).subarray(0, DIGEST_BYTES), PREFIX_BYTES)
  return record
}

function matches(records: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (records[at + i] !== wanted[i]) return false
  return true
}
