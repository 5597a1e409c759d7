import { E2FormatError } from '../errors.ts'
import type { BlockArchive } from '../execution/archive/archive.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { u32 } from '../io/little-endian.ts'
import { BlockSet } from './block-set.ts'
import { Bucket, splitHash } from './bucket.ts'
import { unsealBytes } from './checksum.ts'
import { SidecarCache } from './chunk-cache.ts'
import { decodeHeader, HEAD_BYTES, type SidecarHeader, type SidecarIdentity } from './header.ts'
import {
  bitmapBytes,
  CRC_BYTES,
  MAX_BUCKET_BYTES,
  mapSidecar,
  PARTS,
  type PartName,
  Region,
  type SidecarMap,
  type Span,
} from './layout.ts'
import { checkIdentity } from './same-file.ts'
import { type ValueHash, valueHash } from './value-hash.ts'

/** Where a transaction may be. */
export interface TransactionCandidate {
  /** Number of the block. */
  readonly block: bigint
  /** Index in the block. */
  readonly index: number
}

/** Logs asked for. An empty list is no condition, as one that is absent. */
export interface LogQuery {
  /** Any of these, of 20 bytes each. */
  readonly addresses?: readonly Uint8Array[] | undefined
  /** For each topic position any of these, of 32 bytes each. */
  readonly topics: readonly (readonly Uint8Array[] | undefined)[]
}

export interface SidecarOptions {
  /** The data file: a sidecar of another one is refused. */
  readonly archive?: BlockArchive
  /** Keeps directories and buckets; one for many sidecars bounds what all hold (default: its own, of 1 MiB). */
  readonly cache?: SidecarCache
  /** Bytes read at once to open it, which should hold its directories (default 65,536). */
  readonly headBytes?: number
}

const DEFAULT_HEAD_BYTES = 65_536
/** Lookups that wait for reads at once. */
const PARALLEL = 16

/**
 * Open a sidecar: one read, or two if the data file is given and only its last block tells whether it is the same.
 *
 * @throws {E2FormatError} `NO_VERSION`, `UNEXPECTED_TYPE`, `UNKNOWN_VERSION`, `BAD_CHECKSUM`, `BAD_COUNT`, `BAD_INTEGER`, `BAD_LENGTH`
 * @throws {StaleSidecarError} it is the sidecar of another file than `archive`
 * @see docs/spec/e2store-sidecar.md
 */
export async function openSidecar(
  source: ByteSource,
  { archive, cache = new SidecarCache(), headBytes = DEFAULT_HEAD_BYTES }: SidecarOptions = {},
): Promise<Sidecar> {
  const head = await source.read(0, Math.min(source.size, Math.max(headBytes, HEAD_BYTES)))
  if (head.length < HEAD_BYTES) {
    throw new E2FormatError('BAD_LENGTH', `sidecar of ${head.length} bytes, expected ${HEAD_BYTES} or more`, 0, 'open')
  }
  const sidecar = new Sidecar(source, decodeHeader(head), head, cache)
  if (archive !== undefined) await checkIdentity(sidecar.identity, archive)
  return sidecar
}

/**
 * An open sidecar: where transactions, blocks and logs of one data file may be. It never leaves out where they are, if it
 * was built from that file; what it gives has to be compared with the data file.
 *
 * Holds its header; all else is in the cache. A lookup of one hash or value takes one read while the directories are kept.
 * Calls may overlap. The caller closes the source. Every checksum is compared before bytes are used.
 */
export class Sidecar {
  readonly header: SidecarHeader
  readonly #map: SidecarMap
  readonly #source: ByteSource
  readonly #cache: SidecarCache
  readonly #owner: number
  readonly #hash: ValueHash

  /** @param head the first bytes of the source */
  constructor(source: ByteSource, header: SidecarHeader, head: Uint8Array, cache: SidecarCache) {
    const { identity, parts, hotValues } = header
    this.#source = source
    this.header = header
    this.#map = mapSidecar(parts, hotValues, identity.count)
    if (this.#map.size !== source.size) {
      throw new E2FormatError(
        'BAD_LENGTH',
        `sidecar of ${source.size} bytes, by its header ${this.#map.size}`,
        0,
        'open',
      )
    }
    this.#cache = cache
    this.#owner = cache.newOwner()
    this.#hash = valueHash(identity.lastHash)
    for (let number = 0; number <= PARTS.length; number++) {
      const { position, length } = this.#directorySpan(number)
      if (position + length > head.length) continue
      const bytes = this.#unseal(head.slice(position, position + length), Region.directories, number, position)
      cache.put(this.#key(Region.directories, number), bytes)
    }
  }

  get identity(): SidecarIdentity {
    return this.header.identity
  }

  /** Whether logs are indexed: the data file has receipts. */
  get hasLogs(): boolean {
    return this.header.hasLogs
  }

  /**
   * Where the transaction with this hash may be: mostly nowhere, or in one block.
   *
   * @param hash 32 bytes
   * @throws {E2FormatError} `BAD_CHECKSUM`, `BAD_INDEX`
   */
  async transactionCandidates(hash: Uint8Array): Promise<TransactionCandidate[]> {
    const { bucket, rest } = splitHash(hash, this.header.parts.transactions)
    const hits = (await this.#bucket('transactions', bucket)).find(rest)
    return hits.map(({ block, index }) => ({ block: this.#number(block), index }))
  }

  /** The numbers of the blocks that may have this hash. Throws as {@link transactionCandidates}. */
  async blockCandidates(hash: Uint8Array): Promise<bigint[]> {
    const { bucket, rest } = splitHash(hash, this.header.parts.blocks)
    return (await this.#bucket('blocks', bucket)).find(rest).map(({ block }) => this.#number(block))
  }

  /**
   * The numbers of all blocks with logs that match, and of few others, in order. Without any condition these are all
   * blocks of the range.
   *
   * @param from first block; what is not in the file is left out
   * @param to last block
   * @throws {RangeError} the data file has no receipts, so that there is no index of logs
   * @throws {E2FormatError} `BAD_CHECKSUM`, `BAD_INDEX`
   */
  async blocksWithLogs({ addresses, topics }: LogQuery, from: bigint, to: bigint): Promise<bigint[]> {
    if (!this.hasLogs) throw new RangeError('a sidecar without an index of logs')
    const { start, count } = this.identity
    const blocks = BlockSet.range(count, Number(max(from - start, 0n)), Number(min(to - start, BigInt(count - 1))))
    for (const [field, values] of [addresses, ...topics].entries()) {
      if (values === undefined || values.length === 0 || blocks.isEmpty) continue
      blocks.keep(await this.#blocksOf(values, field))
    }
    return blocks.indices().map((index) => this.#number(index))
  }

  /** The blocks of any of these values. */
  async #blocksOf(values: readonly Uint8Array[], field: number): Promise<BlockSet> {
    const found = BlockSet.none(this.identity.count)
    for (let i = 0; i < values.length; i += PARALLEL) {
      await Promise.all(values.slice(i, i + PARALLEL).map((value) => this.#addBlocks(found, value, field)))
    }
    return found
  }

  async #addBlocks(blocks: BlockSet, value: Uint8Array, field: number): Promise<void> {
    const { hashBits, bucketBits } = this.header.parts.logs
    const hash = this.#hash(value, field)
    const kept = Math.floor(hash / 2 ** (32 - hashBits))
    const bitmap = await this.#bitmapOf(kept)
    if (bitmap !== undefined) return blocks.addBitmap(bitmap)
    const bucket = Math.floor(kept / 2 ** (hashBits - bucketBits))
    const entries = await this.#bucket('logs', bucket)
    for (const { block } of entries.find(kept % 2 ** (hashBits - bucketBits))) blocks.add(this.#checked(block))
  }

  /** The bitmap of a value that is in many blocks. */
  async #bitmapOf(kept: number): Promise<Uint8Array | undefined> {
    const hot = await this.#directory(PARTS.length)
    let low = 0
    for (let high = hot.length / 4; low < high; ) {
      const middle = (low + high) >>> 1
      if (u32(hot, 4 * middle) < kept) low = middle + 1
      else high = middle
    }
    if (4 * low >= hot.length || u32(hot, 4 * low) !== kept) return undefined
    const length = bitmapBytes(this.identity.count)
    return this.#read(Region.bitmaps, low, { position: this.#map.bitmaps.position + low * length, length })
  }

  async #bucket(name: PartName, number: number): Promise<Bucket> {
    const part = this.header.parts[name]
    const directory = await this.#directory(PARTS.indexOf(name))
    const from = u32(directory, 4 * number)
    const to = u32(directory, 4 * number + 4)
    const { position, length } = this.#map.buckets[name]
    if (to < from + CRC_BYTES || to > length || to - from > MAX_BUCKET_BYTES) {
      const at = this.#map.directories[name].position + 4 * number
      throw new E2FormatError('BAD_INDEX', `bucket of ${name} from ${from} to ${to}, of ${length} bytes`, at, 'read')
    }
    return new Bucket(await this.#read(Region[name], number, { position: position + from, length: to - from }), part)
  }

  /** A directory, or the hashes of values with bitmaps. */
  #directory(number: number): Promise<Uint8Array> {
    return this.#read(Region.directories, number, this.#directorySpan(number))
  }

  #directorySpan(number: number): Span {
    const name = PARTS[number]
    return name === undefined ? this.#map.hot : this.#map.directories[name]
  }

  #read(region: number, number: number, { position, length }: Span): Promise<Uint8Array> {
    return this.#cache.get(this.#key(region, number), async () => {
      const bytes = Uint8Array.from(await this.#source.read(position, length))
      return this.#unseal(bytes, region, number, position)
    })
  }

  #unseal(bytes: Uint8Array, region: number, number: number, position: number): Uint8Array {
    return unsealBytes(bytes, { header: this.header.crc, region, number }, position)
  }

  #key(region: number, number: number): string {
    return `${this.#owner} ${region} ${number}`
  }

  #checked(index: number): number {
    if (index < this.identity.count) return index
    throw new E2FormatError(
      'BAD_INDEX',
      `an entry of block ${index} of ${this.identity.count}`,
      this.#map.buckets.blocks.position,
      'read',
    )
  }

  #number(index: number): bigint {
    return this.identity.start + BigInt(this.#checked(index))
  }
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
