/** Lower-case hex without a prefix. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** The `i`-th root of several that are joined. */
export function rootAt(roots: Uint8Array, i: number): Uint8Array {
  return roots.subarray(32 * i, 32 * i + 32)
}
