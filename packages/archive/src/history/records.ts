import { invariant, type Signal } from '@datastreamer/format'
import type { Codecs } from '../codecs/codecs.ts'
import { SegmentError } from '../errors.ts'
import { type BookmarkPage, decodeBookmarkPage } from '../layout-2/bookmark-page.ts'
import { decodeRecord } from '../layout-2/decode-record.ts'
import { PAGE_RECORD_BYTES } from '../layout-2/limits.ts'
import { pagePosition } from '../layout-2/pieces.ts'
import { HistoryError } from '../leaf/history-error.ts'
import { type SegmentLeaf, segmentKey } from '../leaf/leaf.ts'
import { hexOf } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import type { HistoryRun } from './history-run.ts'
import type { Mirrors } from './mirrors.ts'
import { piecesOf, type RecordGroup, type RecordSlot } from './record-slots.ts'
import { SharedCache } from './shared-cache.ts'

/** Decoded, a page takes about ten times its bytes. */
const PAGES_CACHE_BYTES = 1_048_576

/** Bytes of a record, as they came: nothing is verified. */
export interface RawRecord {
  readonly slot: RecordSlot
  readonly bytes: Uint8Array
}

/** Reads records of segments. Each is verified before anything of it is used. docs/spec/archive.md §7.1. */
export class Records {
  readonly #mirrors: Mirrors
  readonly #codecs: Codecs
  readonly #cache: SharedCache<HistoryRun>
  readonly #pages = new SharedCache<BookmarkPage>(PAGES_CACHE_BYTES)

  constructor(mirrors: Mirrors, codecs: Codecs, cacheBytes: number) {
    this.#mirrors = mirrors
    this.#codecs = codecs
    this.#cache = new SharedCache(cacheBytes)
  }

  /** One record, from the cache if it was read before. @param signal ends the wait @throws {HistoryError} */
  get(slot: RecordSlot, signal: Signal | undefined): Promise<HistoryRun> {
    const load = async (): Promise<{ readonly value: HistoryRun; readonly bytes: number }> => {
      const value = await this.#read(slot, undefined)
      return { value, bytes: value.bytes.length }
    }
    return this.#cache.get(`${hexOf(slot.leaf.root)} ${slot.index}`, load, signal)
  }

  get sha256(): Sha256 {
    return this.#codecs.sha256
  }

  /** A page of the table of bookmarks of a segment. @param signal ends the wait @throws {HistoryError} */
  page(leaf: SegmentLeaf, page: number, signal: Signal | undefined): Promise<BookmarkPage> {
    const { records, root } = leaf
    const position = pagePosition(records, page)
    const check = (bytes: Uint8Array): Promise<BookmarkPage> =>
      decodeBookmarkPage(bytes, {
        ...{ index: records.length + page, pieces: piecesOf(leaf), root, position },
        ...{ records: records.length, codecs: this.#codecs },
      })
    const load = async (): Promise<{ readonly value: BookmarkPage; readonly bytes: number }> => {
      const value = await this.#mirrors.read({ ...rangeIn(leaf, position, PAGE_RECORD_BYTES), check }, undefined)
      return { value, bytes: PAGE_RECORD_BYTES }
    }
    return this.#pages.get(`${hexOf(root)} ${page}`, load, signal)
  }

  /** Records that lie one after the other: one request. @throws {HistoryError} */
  fetch({ slots, bytes }: RecordGroup, signal: Signal | undefined): Promise<readonly RawRecord[]> {
    const [first] = slots
    invariant(first !== undefined, 'a group of records')
    const { position, leaf } = first
    const check = (all: Uint8Array): readonly RawRecord[] =>
      slots.map((slot) => {
        const at = slot.position - position
        return { slot, bytes: all.subarray(at, at + slot.bytes) }
      })
    return this.#mirrors.read({ ...rangeIn(leaf, position, bytes), check }, signal)
  }

  /** Verify and decompress a record. One that is wrong is read again, alone. @throws {HistoryError} */
  async decode({ slot, bytes }: RawRecord, signal: Signal | undefined): Promise<HistoryRun> {
    try {
      return await this.#decode(slot, bytes)
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error
      return this.#read(slot, signal)
    }
  }

  #read(slot: RecordSlot, signal: Signal | undefined): Promise<HistoryRun> {
    const check = (bytes: Uint8Array): Promise<HistoryRun> => this.#decode(slot, bytes)
    return this.#mirrors.read({ ...rangeIn(slot.leaf, slot.position, slot.bytes), check }, signal)
  }

  async #decode({ leaf, index, first, entries, position }: RecordSlot, bytes: Uint8Array): Promise<HistoryRun> {
    const expected = { index, pieces: piecesOf(leaf), root: leaf.root, position, codecs: this.#codecs, first, entries }
    const { forkId, ...record } = await decodeRecord(bytes, expected)
    return { ...record, forkId: forkId === 0n ? undefined : forkId }
  }
}

/** Bytes of a segment. @throws {HistoryError} `BAD_LEAF` if the leaf's rows do not fit into its file */
function rangeIn(
  leaf: SegmentLeaf,
  position: number,
  bytes: number,
): {
  readonly key: string
  readonly range: { readonly from: number; readonly to: number; readonly size: number }
  readonly maxBytes: number
} {
  const key = segmentKey(leaf)
  try {
    piecesOf(leaf)
  } catch (error) {
    if (!(error instanceof SegmentError)) throw error
    throw new HistoryError('BAD_LEAF', `the leaf of ${key}: ${error.message}`, { key, cause: error })
  }
  return { key, range: { from: position, to: position + bytes, size: leaf.bytes }, maxBytes: bytes }
}
