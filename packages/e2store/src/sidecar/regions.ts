import { E2FormatError } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { u32 } from '../io/little-endian.ts'
import { Bucket } from './bucket.ts'
import { unsealBytes } from './checksum.ts'
import type { SidecarCache } from './chunk-cache.ts'
import type { SidecarHeader } from './header.ts'
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

/** The number of the directory of hashes with bitmaps: it follows those of the parts. */
const HOT = PARTS.length

/** Whether a source reads into given memory, as files do: then short reads cost little. */
export function isLocal(source: ByteSource): boolean {
  return source.readInto !== undefined
}

/** Reads directories, buckets and bitmaps of a sidecar through a cache; compares their checksums. */
export class SidecarRegions {
  readonly #source: ByteSource
  readonly #header: SidecarHeader
  readonly #map: SidecarMap
  readonly #cache: SidecarCache
  readonly #owner: number
  /** Whether short reads cost little. */
  readonly #isLocal: boolean

  /**
   * @param head the first bytes of the source: the directories in it are kept
   * @throws {E2FormatError} `BAD_LENGTH`, `BAD_CHECKSUM`
   */
  constructor(source: ByteSource, header: SidecarHeader, head: Uint8Array, cache: SidecarCache) {
    this.#source = source
    this.#header = header
    this.#map = mapSidecar(header.parts, header.hotValues, header.identity.count)
    this.#cache = cache
    this.#owner = cache.newOwner()
    this.#isLocal = isLocal(source)
    if (this.#map.size !== source.size) {
      const message = `sidecar of ${source.size} bytes, by its header it has ${this.#map.size}`
      throw new E2FormatError('BAD_LENGTH', message, 0, 'open')
    }
    for (let number = 0; number <= HOT; number++) {
      const { position, length } = this.#directorySpan(number)
      if (position + length > head.length) continue
      const bytes = this.#unseal(head.slice(position, position + length), Region.directories, number, position)
      cache.put(this.#key(Region.directories, number), bytes)
    }
  }

  /** The entries of a bucket. @throws {E2FormatError} `BAD_CHECKSUM`, `BAD_INDEX` */
  async bucket(name: PartName, number: number): Promise<Bucket> {
    const { from, to } = await this.#boundsOf(name, number)
    const { position, length } = this.#map.buckets[name]
    if (to < from + CRC_BYTES || to > length || to - from > MAX_BUCKET_BYTES) {
      const at = this.#map.directories[name].position + 4 * number
      throw new E2FormatError('BAD_INDEX', `bucket of ${name} from ${from} to ${to}, of ${length} bytes`, at, 'read')
    }
    const bytes = await this.#read(Region[name], number, { position: position + from, length: to - from })
    return new Bucket(bytes, this.#header.parts[name])
  }

  /** The bitmap of the blocks of a value, if it has one, by the kept bits of its hash. Throws as {@link bucket}. */
  async bitmap(kept: number): Promise<Uint8Array | undefined> {
    const hot = await this.#directory(HOT)
    let low = 0
    for (let high = hot.length / 4; low < high; ) {
      const middle = (low + high) >>> 1
      if (u32(hot, 4 * middle) < kept) low = middle + 1
      else high = middle
    }
    if (4 * low >= hot.length || u32(hot, 4 * low) !== kept) return undefined
    const length = bitmapBytes(this.#header.identity.count)
    return this.#read(Region.bitmaps, low, { position: this.#map.bitmaps.position + low * length, length })
  }

  /** Where a bucket begins and ends, by the kept directory, or by just the two numbers in it. */
  async #boundsOf(name: PartName, number: number): Promise<{ readonly from: number; readonly to: number }> {
    const at = 4 * number
    const directory = PARTS.indexOf(name)
    if (this.#isLocal && !this.#cache.has(this.#key(Region.directories, directory))) {
      // Not compared with the checksum: wrong bounds do not fit that of the bucket.
      const bytes = await this.#source.read(this.#map.directories[name].position + at, 8)
      return { from: u32(bytes, 0), to: u32(bytes, 4) }
    }
    const bytes = await this.#directory(directory)
    return { from: u32(bytes, at), to: u32(bytes, at + 4) }
  }

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
    return unsealBytes(bytes, { header: this.#header.crc, region, number }, position)
  }

  #key(region: number, number: number): string {
    return `${this.#owner} ${region} ${number}`
  }
}
