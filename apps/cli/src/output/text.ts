/** `34,723`. */
export function count(value: bigint | number): string {
  return value.toLocaleString('en-US')
}

/** `1 block`, `34,723 blocks`. */
export function plural(value: bigint | number, one: string, many = `${one}s`): string {
  return `${count(value)} ${BigInt(value) === 1n ? one : many}`
}

/** Bytes as `0x` and hex, shortened to `maxBytes`. */
export function hex(bytes: Uint8Array, maxBytes: number = Number.POSITIVE_INFINITY): string {
  const shown = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, maxBytes)).toString('hex')
  return bytes.length > maxBytes ? `0x${shown}...` : `0x${shown}`
}

/** Seconds since 1970 as `2024-07-31 19:28:36`, or as a number where they are no date. */
export function time(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000)
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString().slice(0, 19).replace('T', ' ')
}

/** Rows of two columns, the first as wide as its widest. */
export function table(rows: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}
