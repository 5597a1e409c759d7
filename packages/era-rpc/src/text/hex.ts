type Hex = (bytes: Uint8Array) => string

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Byte by byte, on every platform. */
function byTable(bytes: Uint8Array): string {
  let text = '0x'
  for (const byte of bytes) text += PAIRS[byte]
  return text
}

/** The ways to write bytes as hex that this platform has, the fastest first. */
export function hexWriters(): readonly Hex[] {
  const { toHex } = Uint8Array.prototype as { readonly toHex?: (this: Uint8Array) => string }
  const { Buffer } = globalThis as {
    readonly Buffer?: { from(data: ArrayBufferLike, at: number, length: number): object }
  }
  const writers: Hex[] = [byTable]
  if (Buffer !== undefined) {
    const textOf = (view: object): string => (view as { toString(encoding: 'hex'): string }).toString('hex')
    writers.unshift(({ buffer, byteOffset, length }) => `0x${textOf(Buffer.from(buffer, byteOffset, length))}`)
  }
  if (toHex !== undefined) writers.unshift((bytes) => `0x${toHex.call(bytes)}`)
  return writers
}

/** `0x` and two lower-case digits for each byte. */
export const hex: Hex = hexWriters()[0] ?? byTable

/** `0x` and digits without leading zeros. */
export function quantity(value: bigint | number): string {
  return `0x${value.toString(16)}`
}
