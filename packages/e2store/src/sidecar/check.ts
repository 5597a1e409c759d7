import type { AbortLike } from '../abort.ts'
import { E2FormatError } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { equalBytes } from '../io/bytes.ts'
import { u32 } from '../io/little-endian.ts'
import { encodeRecordHeader, RECORD_HEADER_BYTES } from '../records/record.ts'
import { Bucket } from './bucket.ts'
import { unsealBytes } from './checksum.ts'
import { decodeHeader, HEAD_BYTES, type SidecarHeader } from './header.ts'
import {
  bitmapBytes,
  bucketBytes,
  CRC_BYTES,
  entryBits,
  mapSidecar,
  PARTS,
  type PartName,
  Region,
  type SidecarMap,
  SidecarRecord,
  type Span,
} from './layout.ts'

/** Bytes read at once at most, besides one bucket. */
const WINDOW_BYTES = 1_048_576

/**
 * Check all of a sidecar that can be checked without its data file: checksums, the order of entries, that they are of
 * blocks of the file, and that nothing is left over.
 *
 * @returns its header
 * @throws {E2FormatError} `NO_VERSION`, `UNEXPECTED_TYPE`, `UNKNOWN_VERSION`, `BAD_LENGTH`, `BAD_CHECKSUM`, `BAD_COUNT`, `BAD_INTEGER`, `BAD_INDEX`
 * @see docs/spec/e2store-sidecar.md §7
 */
export async function checkSidecar(
  source: ByteSource,
  { signal }: { readonly signal?: AbortLike } = {},
): Promise<SidecarHeader> {
  if (source.size < HEAD_BYTES) throw bad('BAD_LENGTH', `sidecar of ${source.size} bytes`, 0)
  const header = decodeHeader(await source.read(0, HEAD_BYTES))
  const map = mapSidecar(header.parts, header.hotValues, header.identity.count)
  if (map.size !== source.size) throw bad('BAD_LENGTH', `sidecar of ${source.size} bytes, by its header ${map.size}`, 0)
  const check = new Check(source, header, map)
  await check.records()
  for (const name of PARTS) {
    signal?.throwIfAborted()
    await check.part(name)
  }
  await check.bitmaps()
  return header
}

class Check {
  readonly #source: ByteSource
  readonly #header: SidecarHeader
  readonly #map: SidecarMap

  constructor(source: ByteSource, header: SidecarHeader, map: SidecarMap) {
    this.#source = source
    this.#header = header
    this.#map = map
  }

  /** The headers of all records after that of the sidecar. */
  async records(): Promise<void> {
    const { directories, hot, buckets, bitmaps } = this.#map
    const from = directories.blocks.position
    const spans: readonly (readonly [type: number, span: Span])[] = [
      [SidecarRecord.Directories, { position: from, length: hot.position + hot.length - from }],
      [SidecarRecord.Blocks, buckets.blocks],
      [SidecarRecord.Transactions, buckets.transactions],
      [SidecarRecord.Logs, buckets.logs],
      [SidecarRecord.Bitmaps, bitmaps],
    ]
    for (const [type, { position, length }] of spans) {
      const at = position - RECORD_HEADER_BYTES
      const found = await this.#source.read(at, RECORD_HEADER_BYTES)
      if (equalBytes(found, encodeRecordHeader(type, length))) continue
      throw bad('UNEXPECTED_TYPE', 'record with another type or length than by the header', at)
    }
  }

  async part(name: PartName): Promise<void> {
    const shape = this.#header.parts[name]
    const directory = await this.#directory(PARTS.indexOf(name), this.#map.directories[name])
    const { position, length } = this.#map.buckets[name]
    const width = entryBits(shape)
    let entries = 0
    let window: Uint8Array = new Uint8Array(0)
    let windowAt = 0
    for (let number = 0, from = 0; number < 2 ** shape.bucketBits; number++) {
      const to = u32(directory, 4 * number + 4)
      const at = this.#map.directories[name].position + 4 * number
      if (u32(directory, 4 * number) !== from || to < from + CRC_BYTES || to > length) {
        throw bad('BAD_INDEX', `bucket of ${name} from ${from} to ${to}, of ${length} bytes`, at)
      }
      if (to > windowAt + window.length) {
        windowAt = from
        window = await this.#source.read(position + from, Math.min(length - from, Math.max(to - from, WINDOW_BYTES)))
      }
      const sealed = window.subarray(from - windowAt, to - windowAt)
      entries += this.#bucket(this.#unseal(sealed, Region[name], number, position + from), name, position + from)
      from = to
      if (number + 1 === 2 ** shape.bucketBits && to !== length) throw bad('BAD_INDEX', `${length - to} bytes left`, at)
    }
    if (entries === shape.entries) return
    throw bad('BAD_COUNT', `${entries} entries of ${name} of ${width} bits, by the header ${shape.entries}`, position)
  }

  /** Check the entries of a bucket; returns how many there are. */
  #bucket(bytes: Uint8Array, name: PartName, position: number): number {
    const shape = this.#header.parts[name]
    const bucket = new Bucket(bytes, shape)
    let before: Entry = [-1, -1, -1]
    for (let i = 0; i < bucket.length; i++) {
      const { block, index } = bucket.hit(i)
      if (block >= this.#header.identity.count) throw bad('BAD_INDEX', `entry of block ${block} in ${name}`, position)
      const entry: Entry = [bucket.rest(i), block, index]
      if (compare(before, entry) >= 0) throw bad('BAD_INDEX', `entries of ${name} out of order`, position)
      before = entry
    }
    const unused = 8 * bytes.length - bucket.length * entryBits(shape)
    const isPadded = bytes.length + CRC_BYTES === bucketBytes(bucket.length, entryBits(shape))
    if (!isPadded || ((bytes.at(-1) ?? 0) & (2 ** unused - 1)) !== 0) {
      throw bad('BAD_INDEX', `bits left over after the entries of ${name}`, position)
    }
    return bucket.length
  }

  async bitmaps(): Promise<void> {
    const { hotValues, identity } = this.#header
    const hot = await this.#directory(PARTS.length, this.#map.hot)
    const length = bitmapBytes(identity.count)
    for (let number = 0; number < hotValues; number++) {
      const at = this.#map.hot.position + 4 * number
      if (number > 0 && u32(hot, 4 * number) <= u32(hot, 4 * number - 4)) {
        throw bad('BAD_INDEX', 'hashes with bitmaps out of order', at)
      }
      const position = this.#map.bitmaps.position + number * length
      const bitmap = this.#unseal(await this.#source.read(position, length), Region.bitmaps, number, position)
      const unused = 8 * bitmap.length - identity.count
      if (((bitmap.at(-1) ?? 0) & (0xff << (8 - unused)) & 0xff) !== 0 && unused > 0) {
        throw bad('BAD_INDEX', 'bitmap with blocks that the data file does not have', position)
      }
    }
  }

  async #directory(number: number, { position, length }: Span): Promise<Uint8Array> {
    return this.#unseal(await this.#source.read(position, length), Region.directories, number, position)
  }

  #unseal(bytes: Uint8Array, region: number, number: number, position: number): Uint8Array {
    return unsealBytes(bytes, { header: this.#header.crc, region, number }, position)
  }
}

type Entry = readonly [rest: number, block: number, index: number]

function compare(a: Entry, b: Entry): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

function bad(
  code: 'UNEXPECTED_TYPE' | 'BAD_LENGTH' | 'BAD_COUNT' | 'BAD_INDEX',
  message: string,
  position: number,
): E2FormatError {
  return new E2FormatError(code, message, position, 'verify')
}
