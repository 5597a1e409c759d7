import { invariant, type Signal } from '@datastreamer/format'
import { type SegmentLeaf, segmentKey } from '../leaf/leaf.ts'
import type { Codecs } from '../codecs/codecs.ts'
import { type DecodedRecord, decodeRecord, type VerifiedRecord, verifyRecord } from './interim.ts'
import type { Mirrors } from './mirrors.ts'
import type { RecordGroup, RecordPlace } from './record-groups.ts'
import { SharedCache } from './shared-cache.ts'

/** Reads records of segments, each verified before anything of it is used. docs/spec/archive.md §7.1. */
export class Records {
  readonly #mirrors: Mirrors
  readonly #codecs: Codecs
  readonly #cache: SharedCache<DecodedRecord>

  constructor(mirrors: Mirrors, codecs: Codecs, cacheBytes: number) {
    this.#mirrors = mirrors
    this.#codecs = codecs
    this.#cache = new SharedCache(cacheBytes)
  }

  /**
   * One record, from the cache if it was read before.
   *
   * @throws {HistoryError}
   */
  get(leaf: SegmentLeaf, place: RecordPlace, signal: Signal | undefined): Promise<DecodedRecord> {
    const load = async (): Promise<{ readonly value: DecodedRecord; readonly bytes: number }> => {
      const [record] = await this.fetch({ leaf, records: [place], bytes: place.bytes }, undefined)
      invariant(record !== undefined, 'a group of one record')
      const value = await this.decode(record)
      return { value, bytes: value.bytes.length }
    }
    return this.#cache.get(`${segmentKey(leaf)} ${place.index}`, load, signal)
  }

  /** Records that lie one after the other, verified, not decompressed: one request. @throws {HistoryError} */
  fetch({ leaf, records, bytes }: RecordGroup, signal: Signal | undefined): Promise<readonly VerifiedRecord[]> {
    const [first] = records
    invariant(first !== undefined, 'a group of records')
    const key = segmentKey(leaf)
    const range = { from: first.position, to: first.position + bytes, size: leaf.bytes }
    const check = (all: Uint8Array): readonly VerifiedRecord[] =>
      records.map((place) => {
        const at = place.position - first.position
        return verifyRecord(all.subarray(at, at + place.bytes), leaf, place.index, this.#codecs.sha256)
      })
    return this.#mirrors.read({ key, range, maxBytes: bytes, check }, signal)
  }

  /** Decompress a record. @throws {HistoryError} `WRONG_CONTENT`: it is what was published, and cannot be read */
  async decode(record: VerifiedRecord): Promise<DecodedRecord> {
    return decodeRecord(record, this.#codecs)
  }
}
