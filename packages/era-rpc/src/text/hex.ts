type ToHex = (this: Uint8Array) => string

const { toHex } = Uint8Array.prototype as { readonly toHex?: ToHex }
const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** `0x` and two lower-case digits for each byte. */
export const hex: (bytes: Uint8Array) => string =
  toHex === undefined ? portableHex : (bytes) => `0x${toHex.call(bytes)}`

/** As {@link hex}, on every platform. */
export function portableHex(bytes: Uint8Array): string {
  let text = '0x'
  for (const byte of bytes) text += PAIRS[byte]
  return text
}

/** `0x` and digits without leading zeros. */
export function quantity(value: bigint | number): string {
  return `0x${value.toString(16)}`
}
