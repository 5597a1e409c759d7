import { defaultHashes } from '@datastreamer/e2store/execution'
import type { TrustLevel } from './trust.ts'

const PREFIX_BYTES = 8
const DIGEST_BYTES = 16
const RECORD_BYTES = PREFIX_BYTES + DIGEST_BYTES
/** Blocks of a group. */
const GROUP = 16

/** How the headers of a file are linked to those of others. */
export interface HeaderEnds {
  /** The parent of the first block, 32 bytes. */
  readonly parentHash: Uint8Array
  /** The hash of the last block, 32 bytes. */
  readonly lastHash: Uint8Array
}

/**
 * What is kept of the headers of a file that were verified together: 24 bytes for each, by which a block that is read
 * later is recognized.
 */
export class VerifiedHeaders implements HeaderEnds {
  readonly level: TrustLevel
  readonly start: bigint
  readonly parentHash: Uint8Array
  readonly lastHash: Uint8Array
  readonly #records: Uint8Array

  constructor(level: TrustLevel, start: bigint, records: Uint8Array, { parentHash, lastHash }: HeaderEnds) {
    this.level = level
    this.start = start
    this.parentHash = parentHash
    this.lastHash = lastHash
    this.#records = records
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#records.length
  }

  /** Whether the block of this number has this hash and, if the file holds it, this total difficulty. */
  has(number: bigint, hash: Uint8Array, totalDifficulty: Uint8Array | undefined): boolean {
    const index = number - this.start
    if (index < 0n || index >= BigInt(this.#records.length / RECORD_BYTES)) return false
    return matches(this.#records, Number(index) * RECORD_BYTES, recordOf(hash, totalDifficulty))
  }

  /** What is left of them when they are not kept any more. */
  groups(): HeaderGroups {
    const count = this.#records.length / RECORD_BYTES
    const digests = new Uint8Array(Math.ceil(count / GROUP) * DIGEST_BYTES)
    for (let group = 0; group * GROUP < count; group++) {
      digests.set(digestOf(this.#group(group)), group * DIGEST_BYTES)
    }
    return new HeaderGroups(this.level, this.start, count, digests)
  }

  #group(group: number): Uint8Array {
    return this.#records.subarray(group * GROUP * RECORD_BYTES, (group + 1) * GROUP * RECORD_BYTES)
  }
}

/**
 * A digest for each 16 headers of a file, 8 KiB for 8192 of them: enough to recognize a block by reading the headers around
 * it.
 */
export class HeaderGroups {
  readonly level: TrustLevel
  readonly start: bigint
  readonly #count: number
  readonly #digests: Uint8Array

  constructor(level: TrustLevel, start: bigint, count: number, digests: Uint8Array) {
    this.level = level
    this.start = start
    this.#count = count
    this.#digests = digests
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#digests.length
  }

  /** The first block of the group of a block, and the one after its last. */
  around(number: bigint): { readonly from: bigint; readonly to: bigint } {
    const from = number - ((number - this.start) % BigInt(GROUP))
    const end = this.start + BigInt(this.#count)
    const to = from + BigInt(GROUP)
    return { from, to: to < end ? to : end }
  }

  /** Whether these are the headers of a group as they were verified. */
  has(from: bigint, records: HeaderRecords): boolean {
    const group = Number(from - this.start) / GROUP
    return matches(this.#digests, group * DIGEST_BYTES, digestOf(records.joined()))
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

  joined(): Uint8Array {
    return this.#records.subarray(0, this.#count * RECORD_BYTES)
  }

  verified(level: TrustLevel, start: bigint, ends: HeaderEnds): VerifiedHeaders {
    return new VerifiedHeaders(level, start, this.joined(), ends)
  }
}

/** The start of the hash, and of a digest of the hash and the total difficulty. */
function recordOf(hash: Uint8Array, totalDifficulty: Uint8Array | undefined): Uint8Array {
  const pair = new Uint8Array(64)
  pair.set(hash)
  if (totalDifficulty !== undefined) pair.set(totalDifficulty, 32)
  const record = new Uint8Array(RECORD_BYTES)
  record.set(hash.subarray(0, PREFIX_BYTES))
  record.set(digestOf(pair), PREFIX_BYTES)
  return record
}

function digestOf(bytes: Uint8Array): Uint8Array {
  return defaultHashes().sha256(bytes).subarray(0, DIGEST_BYTES)
}

function matches(records: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (records[at + i] !== wanted[i]) return false
  return true
}
