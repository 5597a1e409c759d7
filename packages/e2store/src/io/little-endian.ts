/** The big-endian u16 at `at`: how record types are written. */
export function typeAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
}

export function u24(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) | ((bytes[at + 2] as number) << 16)
}

export function u32(bytes: Uint8Array, at: number): number {
  return (u24(bytes, at) | ((bytes[at + 3] as number) << 24)) >>> 0
}

export function u64(bytes: Uint8Array, at: number): bigint {
  return (BigInt(u32(bytes, at + 4)) << 32n) | BigInt(u32(bytes, at))
}

/** The u64 at `at` as a number, or `undefined` above 2^53 - 1. */
export function safeU64(bytes: Uint8Array, at: number): number | undefined {
  const value = u32(bytes, at + 4) * 2 ** 32 + u32(bytes, at)
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined
}

/** The two's complement i64 at `at` as a number, or `undefined` beyond ±(2^53 - 1). */
export function safeI64(bytes: Uint8Array, at: number): number | undefined {
  const value = (u32(bytes, at + 4) | 0) * 2 ** 32 + u32(bytes, at)
  return Number.isSafeInteger(value) ? value : undefined
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

/** Write a safe integer as i64, or as u64 if it is not negative. */
export function putI64(bytes: Uint8Array, at: number, value: number): void {
  putU32(bytes, at, value >>> 0)
  putU32(bytes, at + 4, Math.floor(value / 2 ** 32) >>> 0)
}

export function putU64(bytes: Uint8Array, at: number, value: bigint): void {
  putU32(bytes, at, Number(value & 0xffff_ffffn))
  putU32(bytes, at + 4, Number((value >> 32n) & 0xffff_ffffn))
}
