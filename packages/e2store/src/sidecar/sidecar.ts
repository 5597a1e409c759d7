import { E2FormatError } from '../errors.ts'
import type { BlockArchive } from '../execution/archive/archive.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { BlockSet } from './block-set.ts'
import { splitHash } from './bucket.ts'
import { SidecarCache } from './chunk-cache.ts'
import { decodeHeader, HEAD_BYTES, type SidecarHeader, type SidecarIdentity } from './header.ts'
import { isLocal, SidecarRegions } from './regions.ts'
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
  /**
   * Bytes read at once to open it. The directories in them are kept, which saves a short read a lookup (default 65,536;
   * 4,096 of a source with `readInto`, such as a file, where that read costs less than to read them).
   */
  readonly headBytes?: number
}

const REMOTE_HEAD_BYTES = 65_536
const LOCAL_HEAD_BYTES = 4096
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
  { archive, cache = new SidecarCache(), ...options }: SidecarOptions = {},
): Promise<Sidecar> {
  const { headBytes = isLocal(source) ? LOCAL_HEAD_BYTES : REMOTE_HEAD_BYTES } = options
  const head = await source.read(0, Math.min(source.size, Math.max(headBytes, HEAD_BYTES)))
  if (head.length < HEAD_BYTES) {
    throw new E2FormatError('BAD_LENGTH', `sidecar of ${head.length} bytes, expected ${HEAD_BYTES} or more`, 0, 'open')
  }
  const header = decodeHeader(head)
  const sidecar = new Sidecar(header, new SidecarRegions(source, header, head, cache))
  if (archive !== undefined) await sidecar.checkFile(archive)
  return sidecar
}

/**
 * An open sidecar: where transactions, blocks and logs of one data file may be. It never leaves out where they are, if it
 * was built from that file; what it gives has to be compared with the data file.
 *
 * Holds its header; all else is in the cache. A lookup of one hash or value takes one read while the directories are kept,
 * and two if not.
 * Calls may overlap. The caller closes the source. Every checksum is compared before bytes are used.
 */
export class Sidecar {
  readonly header: SidecarHeader
  readonly #regions: SidecarRegions
  readonly #hash: ValueHash

  constructor(header: SidecarHeader, regions: SidecarRegions) {
    this.header = header
    this.#regions = regions
    this.#hash = valueHash(header.identity.lastHash)
  }

  get identity(): SidecarIdentity {
    return this.header.identity
  }

  /**
   * Throw unless this is the sidecar of a data file, of which the last block is read if nothing else tells.
   *
   * @throws {StaleSidecarError}
   */
  checkFile(archive: BlockArchive): Promise<void> {
    return checkIdentity(this.identity, archive)
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
    const hits = (await this.#regions.bucket('transactions', bucket)).find(rest)
    return hits.map(({ block, index }) => ({ block: this.#number(block), index }))
  }

  /** The numbers of the blocks that may have this hash. Throws as {@link transactionCandidates}. */
  async blockCandidates(hash: Uint8Array): Promise<bigint[]> {
    const { bucket, rest } = splitHash(hash, this.header.parts.blocks)
    return (await this.#regions.bucket('blocks', bucket)).find(rest).map(({ block }) => this.#number(block))
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
    const hash = this.#hash(value, 0, value.length, field)
    const kept = Math.floor(hash / 2 ** (32 - hashBits))
    const bitmap = await this.#regions.bitmap(kept)
    if (bitmap !== undefined) return blocks.addBitmap(bitmap)
    const bucket = Math.floor(kept / 2 ** (hashBits - bucketBits))
    const entries = await this.#regions.bucket('logs', bucket)
    for (const { block } of entries.find(kept % 2 ** (hashBits - bucketBits))) blocks.add(this.#checked(block))
  }

  #checked(index: number): number {
    if (index < this.identity.count) return index
    throw new E2FormatError('BAD_INDEX', `an entry of block ${index} of ${this.identity.count}`, 0, 'read')
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
