const MAX_TABLE_BYTES = 1 << 14
/** Bytes at the end of a block in which no match is searched. */
const INPUT_MARGIN = 15
const BLOCK_BYTES = 65_536

/** The largest size that `n` bytes can compress to. */
function maxCompressedBytes(n: number): number {
  return 32 + n + Math.floor(n / 6)
}

/** The elements of a raw block. */
class Elements {
  readonly out: Uint8Array
  length = 0

  constructor(capacity: number) {
    this.out = new Uint8Array(capacity)
  }

  varint(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.out[this.length++] = (rest % 128) | 0x80
    this.out[this.length++] = rest
  }

  literal(input: Uint8Array, start: number, end: number): void {
    const n = end - start - 1
    if (n < 60) {
      this.out[this.length++] = n << 2
    } else if (n < 256) {
      this.out[this.length++] = 60 << 2
      this.out[this.length++] = n
    } else {
      this.out[this.length++] = 61 << 2
      this.out[this.length++] = n
      this.out[this.length++] = n >>> 8
    }
    this.out.set(input.subarray(start, end), this.length)
    this.length += end - start
  }

  copy(offset: number, matched: number): void {
    let length = matched
    for (; length >= 68; length -= 64) this.#longCopy(offset, 64)
    if (length > 64) {
      this.#longCopy(offset, 60)
      length -= 60
    }
    if (length <= 11 && offset <= 2047) {
      this.out[this.length++] = ((offset >>> 8) << 5) | ((length - 4) << 2) | 1
      this.out[this.length++] = offset
    } else {
      this.#longCopy(offset, length)
    }
  }

  #longCopy(offset: number, length: number): void {
    this.out[this.length++] = ((length - 1) << 2) | 2
    this.out[this.length++] = offset
    this.out[this.length++] = offset >>> 8
  }
}

function load32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}

const sharedTable = new Uint16Array(MAX_TABLE_BYTES)

/** Compress `input[base, end)`, at most 65536 bytes, of which matches may reach back to `base`. */
function compressPart(input: Uint8Array, base: number, end: number, elements: Elements): void {
  if (end - base < INPUT_MARGIN + 2) {
    elements.literal(input, base, end)
    return
  }
  let shift = 24
  let tableSize = 256
  for (; tableSize < MAX_TABLE_BYTES && tableSize < end - base; tableSize *= 2) shift--
  const table = sharedTable.fill(0, 0, tableSize)
  const hash = (word: number): number => Math.imul(word, 0x1e35a7bd) >>> shift
  const limit = end - INPUT_MARGIN
  let emitted = base
  let at = base + 1
  let nextHash = hash(load32(input, at))
  search: for (;;) {
    let candidate: number
    let skip = 32
    let next = at
    do {
      at = next
      const step = skip >>> 5
      next = at + step
      skip += step
      if (next > limit) break search
      candidate = base + (table[nextHash] as number)
      table[nextHash] = at - base
      nextHash = hash(load32(input, next))
    } while (load32(input, at) !== load32(input, candidate))
    elements.literal(input, emitted, at)
    for (;;) {
      const matchStart = at
      at += 4
      for (candidate += 4; at < end && input[at] === input[candidate]; candidate++) at++
      elements.copy(at - candidate, at - matchStart)
      emitted = at
      if (at >= limit) break search
      table[hash(load32(input, at - 1))] = at - 1 - base
      const word = load32(input, at)
      const slot = hash(word)
      candidate = base + (table[slot] as number)
      table[slot] = at - base
      if (word !== load32(input, candidate)) {
        nextHash = hash(load32(input, at + 1))
        at++
        break
      }
    }
  }
  if (emitted < end) elements.literal(input, emitted, end)
}

/**
 * Compress bytes to a raw snappy block, with the same choices as the reference implementations: the bytes are the
 * ones that the Rust encoder writes.
 *
 * @see docs/spec/e2store.md §4.3
 */
export function compressBlock(input: Uint8Array): Uint8Array {
  const elements = new Elements(maxCompressedBytes(input.length))
  elements.varint(input.length)
  for (let base = 0; base < input.length; base += BLOCK_BYTES) {
    compressPart(input, base, Math.min(base + BLOCK_BYTES, input.length), elements)
  }
  return elements.out.subarray(0, elements.length)
}
