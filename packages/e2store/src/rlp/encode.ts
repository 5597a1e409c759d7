/** What can be encoded as RLP: bytes, numbers (big-endian, no leading zeros), or a list of such. */
export type RlpValue = Uint8Array | bigint | number | RawRlp | readonly RlpValue[]

/** An item that is already encoded. */
export interface RawRlp {
  readonly raw: Uint8Array
}

/** Mark bytes as one item that is already encoded. */
export function rawRlp(raw: Uint8Array): RawRlp {
  return { raw }
}

/**
 * Encode a value as RLP into fresh bytes.
 *
 * @throws {RangeError} for a negative or fractional number
 * @see docs/spec/e2store-execution.md §2
 */
export function encodeRlp(value: RlpValue): Uint8Array {
  const sizes: number[] = []
  const total = measure(value, sizes)
  const out = new Uint8Array(total)
  write(value, out, 0, sizes, { next: 0 })
  return out
}

/** Bytes of the prefix of a payload of this length. */
function prefixSize(length: number): number {
  return length < 56 ? 1 : 1 + bytesOf(length)
}

/** Write the prefix of a list (`base` 0xc0) or byte string (0x80) at `at`; returns where its payload starts. */
export function writePrefix(out: Uint8Array, at: number, length: number, base: 0xc0 | 0x80): number {
  if (length < 56) {
    out[at] = base + length
    return at + 1
  }
  const size = bytesOf(length)
  out[at] = base + 55 + size
  let rest = length
  for (let i = size; i > 0; i--) {
    out[at + i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return at + 1 + size
}

function bytesOf(length: number): number {
  let size = 1
  for (let rest = length; rest > 255; rest = Math.floor(rest / 256)) size++
  return size
}

/** Size of the encoded value; the payload sizes of lists go to `sizes` in the order in which they are written. */
function measure(value: RlpValue, sizes: number[]): number {
  if (value instanceof Uint8Array) {
    return value.length === 1 && (value[0] as number) < 0x80 ? 1 : prefixSize(value.length) + value.length
  }
  if (typeof value === 'bigint' || typeof value === 'number') {
    const length = uintSize(value)
    return length === 1 && value < 0x80 ? 1 : 1 + length
  }
  if ('raw' in value) return value.raw.length
  const slot = sizes.push(0) - 1
  let payload = 0
  for (const item of value) payload += measure(item, sizes)
  sizes[slot] = payload
  return prefixSize(payload) + payload
}

function write(value: RlpValue, out: Uint8Array, at: number, sizes: readonly number[], list: { next: number }): number {
  if (value instanceof Uint8Array) {
    const start = value.length === 1 && (value[0] as number) < 0x80 ? at : writePrefix(out, at, value.length, 0x80)
    out.set(value, start)
    return start + value.length
  }
  if (typeof value === 'bigint' || typeof value === 'number') return writeUint(value, out, at)
  if ('raw' in value) {
    out.set(value.raw, at)
    return at + value.raw.length
  }
  let position = writePrefix(out, at, sizes[list.next++] as number, 0xc0)
  for (const item of value) position = write(item, out, position, sizes, list)
  return position
}

function writeUint(value: bigint | number, out: Uint8Array, at: number): number {
  const length = uintSize(value)
  if (length === 1 && value < 0x80) {
    out[at] = Number(value)
    return at + 1
  }
  out[at] = 0x80 + length
  let rest = BigInt(value)
  for (let i = length; i > 0; i--) {
    out[at + i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return at + 1 + length
}

/** Bytes of a number without leading zeros; 0 for zero. */
function uintSize(value: bigint | number): number {
  if (value < 0 || (typeof value === 'number' && !Number.isSafeInteger(value))) {
    throw new RangeError(`expected a whole number from 0, got ${value}`)
  }
  let size = 0
  for (let rest = BigInt(value); rest > 0n; rest >>= 8n) size++
  if (size > 32) throw new RangeError(`expected a number below 2^256, got ${size} bytes`)
  return size
}
