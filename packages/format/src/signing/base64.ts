const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((char, value) => [char, value]))

/** Encode bytes as base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3)
    const bits = (a << 16) | (b << 8) | c
    const chars = [18, 12, 6, 0].map((shift) => ALPHABET.charAt((bits >> shift) & 63)).join('')
    const missing = Math.max(0, at + 3 - bytes.length)
    text += chars.slice(0, 4 - missing) + '='.repeat(missing)
  }
  return text
}

/**
 * Decode base64 (RFC 4648 §4); `undefined` unless the text is the one encoding of the bytes: with padding, without
 * spaces, other letters or bits that are not used.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const chars = text.length - padding
  const out = new Uint8Array((text.length / 4) * 3 - padding)
  let [bits, at] = [0, 0]
  for (let i = 0; i < chars; i++) {
    const value = VALUES.get(text.charAt(i))
    if (value === undefined) return undefined
    bits = ((bits << 6) | value) & 0xff_ffff
    if (i % 4 > 0) out[at++] = (bits >> (6 - 2 * (i % 4))) & 0xff
  }
  const isCanonical = padding === 0 || (bits & (padding === 1 ? 0b11 : 0b1111)) === 0
  return isCanonical ? out : undefined
}
