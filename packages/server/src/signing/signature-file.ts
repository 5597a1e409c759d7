import { crc32 } from 'node:zlib'
import { viewOf } from '@datastreamer/format'
import { encodeIdentity, type StreamIdentityFields } from '@datastreamer/format/signing'
import { type Disk, type DiskFile, openLocked, readExactly, signaturesPath, writeAll } from '@datastreamer/store'
import type { SignedPoint } from '../tcp/known-signatures.ts'
import { decodeRow, encodeRow, pageOfPoint, ROW_BYTES } from './point-row.ts'

/** ASCII `DSsigns1`. */
const MAGIC = 0x4453_7369_676e_7331n
/** Magic, identity, checksum. */
const HEAD_BYTES = 36
/** Where the newest point is, in one of two places by turns. */
const NEWEST_AT = 64
/** Where the rows of pages begin. */
const ROWS_AT = 512
/** Rows that are read at a time, and how often that is kept: readers that catch up read them one after the other. */
const BLOCK_ROWS = 64
const KEPT_BLOCKS = 16

/**
 * The file beside a stream that holds its running digest at the end of every page, with signatures, and the newest signed
 * point. It can be removed while nobody has it open, and is made again. docs/spec/protocol.md §12.
 *
 * Invariants: one call at a time but for {@link row}; a row is of the page whose place it has.
 */
export class SignatureFile {
  readonly #file: DiskFile
  /** Blocks of rows as they are in the file, by their first page. */
  readonly #blocks = new Map<number, Uint8Array>()
  /** Grows with every change of rows. */
  #changes = 0
  #rows: number
  #newestWritten = 0

  private constructor(file: DiskFile, rows: number) {
    this.#file = file
    this.#rows = rows
  }

  /**
   * Open it, empty if it is of another stream or is made.
   *
   * @param path of the stream file
   * @throws {LockedError} if another process has it open
   * @throws the system's error
   */
  static async open(disk: Disk, path: string, identity: StreamIdentityFields): Promise<SignatureFile> {
    const own = signaturesPath(path)
    const { file } = await openLocked(disk, own, 'create')
    try {
      const head = encodeHead(identity)
      const size = await file.size()
      if (size >= ROWS_AT && isEqual(await readExactly(file, 0, HEAD_BYTES), head)) {
        return new SignatureFile(file, Math.floor((size - ROWS_AT) / ROW_BYTES))
      }
      await file.resize(0)
      await file.resize(ROWS_AT)
      await writeAll(file, [head], 0)
      await file.sync()
      await disk.syncFolderOf(own)
      return new SignatureFile(file, 0)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Number of pages that may have a row. */
  get rows(): number {
    return this.#rows
  }

  /** The point at the end of a page; `undefined` if there is none, or it cannot be read. */
  async row(page: number): Promise<SignedPoint | undefined> {
    if (page < 0 || page >= this.#rows) return undefined
    const first = page - (page % BLOCK_ROWS)
    const block = this.#blocks.get(first) ?? (await this.#readBlock(first))
    const at = (page - first) * ROW_BYTES
    const row = decodeRow(block.subarray(at, at + ROW_BYTES))
    return row !== undefined && pageOfPoint(row) === page ? row : undefined
  }

  /** Put the point at the end of a page in its place. */
  async put(point: SignedPoint): Promise<void> {
    const page = pageOfPoint(point)
    await writeAll(this.#file, [encodeRow(point)], ROWS_AT + page * ROW_BYTES)
    this.#rows = Math.max(this.#rows, page + 1)
    this.#changes++
    this.#blocks.delete(page - (page % BLOCK_ROWS))
  }

  /** Forget the rows from a page on. */
  async truncate(page: number): Promise<void> {
    if (page >= this.#rows) return
    await this.#file.resize(ROWS_AT + page * ROW_BYTES)
    this.#rows = page
    this.#changes++
    this.#blocks.clear()
  }

  /** The newest point that was put. */
  async newest(): Promise<SignedPoint | undefined> {
    const both = await readExactly(this.#file, NEWEST_AT, 2 * ROW_BYTES)
    const points = [decodeRow(both.subarray(0, ROW_BYTES)), decodeRow(both.subarray(ROW_BYTES))]
    const [first, second] = points
    if (first === undefined || second === undefined) return first ?? second
    return first.number > second.number ? first : second
  }

  async putNewest(point: SignedPoint): Promise<void> {
    await writeAll(this.#file, [encodeRow(point)], NEWEST_AT + (this.#newestWritten++ % 2) * ROW_BYTES)
  }

  async close(): Promise<void> {
    try {
      await this.#file.sync()
    } finally {
      await this.#file.close()
    }
  }

  /** @throws the system's error */
  async #readBlock(first: number): Promise<Uint8Array> {
    const block = new Uint8Array(BLOCK_ROWS * ROW_BYTES)
    const changes = this.#changes
    await this.#file.read(block, ROWS_AT + first * ROW_BYTES)
    if (this.#changes !== changes) return block
    this.#blocks.set(first, block)
    const [oldest = first] = this.#blocks.keys()
    if (this.#blocks.size > KEPT_BLOCKS) this.#blocks.delete(oldest)
    return block
  }
}

function encodeHead(identity: StreamIdentityFields): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES)
  viewOf(head).setBigUint64(0, MAGIC)
  head.set(encodeIdentity(identity), 8)
  viewOf(head).setUint32(32, crc32(head.subarray(0, 32)))
  return head
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
