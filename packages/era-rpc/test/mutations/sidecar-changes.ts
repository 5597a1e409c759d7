import { flipBits, oneOf, type Random } from '@datastreamer/fixtures/random'

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] as number)
  return (crc ^ 0xffffffff) >>> 0
}

/** Where the parts are, written down again from the specification of sidecars, sections 2 to 5. */
const HEADER_AT = 16
const HEADER_BYTES = 164
const PART_AT = 120
const HOT_AT = 156

interface Sealed {
  readonly from: number
  /** After the checksum. */
  readonly to: number
  readonly region: number
  readonly number: number
}

/** All that ends with a checksum, besides the header. */
function sealedOf(bytes: Uint8Array): Sealed[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const part = (i: number): number => HEADER_AT + PART_AT + 12 * i
  const hot = view.getUint32(HEADER_AT + HOT_AT, true)
  const found: Sealed[] = []
  let at = HEADER_AT + HEADER_BYTES + 8
  const directories: number[] = []
  for (let i = 0; i < 3; i++) {
    const buckets = 2 ** (bytes[part(i) + 9] as number)
    directories.push(at)
    found.push({ from: at, to: at + 4 * (buckets + 1) + 4, region: 4, number: i })
    at += 4 * (buckets + 1) + 4
  }
  found.push({ from: at, to: at + 4 * hot + 4, region: 4, number: 3 })
  at += 4 * hot + 4
  for (let i = 0; i < 3; i++) {
    at += 8
    const directory = directories[i] as number
    for (let number = 0; number < 2 ** (bytes[part(i) + 9] as number); number++) {
      const from = at + view.getUint32(directory + 4 * number, true)
      found.push({ from, to: at + view.getUint32(directory + 4 * number + 4, true), region: i, number })
    }
    at += view.getUint32(part(i) + 4, true)
  }
  at += 8
  const width = Math.ceil(view.getUint32(HEADER_AT + 4, true) / 8) + 4
  for (let number = 0; number < hot; number++) {
    found.push({ from: at + width * number, to: at + width * (number + 1), region: 3, number })
  }
  return found
}

/** Compute the checksum of the header again, and all others, which are bound to it. */
function sealAll(bytes: Uint8Array, sealed: readonly Sealed[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const header = crc32c(bytes.subarray(HEADER_AT, HEADER_AT + 160))
  view.setUint32(HEADER_AT + 160, header, true)
  const tag = new Uint8Array(12)
  const tagView = new DataView(tag.buffer)
  for (const { from, to, region, number } of sealed) {
    tagView.setUint32(0, header, true)
    tagView.setUint32(4, region, true)
    tagView.setUint32(8, number, true)
    view.setUint32(to - 4, (crc32c(bytes.subarray(from, to - 4)) ^ crc32c(tag)) >>> 0, true)
  }
}

/** Change the header, a directory, a bucket or a bitmap, and make all checksums right again. */
export function resealed(sidecar: Uint8Array, random: Random): Uint8Array {
  const bytes = sidecar.slice()
  const sealed = sealedOf(bytes)
  if (random(5) === 0) {
    flipBits(bytes, random, HEADER_AT, HEADER_AT + 160)
  } else {
    const filled = sealed.filter(({ from, to }) => to - from > 4)
    const { from, to } = oneOf(filled, random)
    const how = random(8)
    if (how === 0) bytes.fill(random(2) * 255, from, to - 4)
    else if (how === 1) {
      // What is in another place, as far as there is room.
      const other = oneOf(filled, random)
      bytes.set(sidecar.subarray(other.from, Math.min(other.to - 4, other.from + to - 4 - from)), from)
    } else flipBits(bytes, random, from, to - 4)
  }
  sealAll(bytes, sealed)
  return bytes
}

/** Where the header says which data file it is the index of: kind, blocks, size and hashes. */
const IDENTITY = [
  [1, 2],
  [4, 120],
] as const

/** A sidecar that says that it is of the data file of another, with all checksums right. */
export function adopted(sidecar: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = sidecar.slice()
  const sealed = sealedOf(bytes)
  for (const [from, to] of IDENTITY) bytes.set(other.subarray(HEADER_AT + from, HEADER_AT + to), HEADER_AT + from)
  sealAll(bytes, sealed)
  return bytes
}
