// Part of the index's thread: nothing from other packages of the workspace may be imported here.

const TABLES = Array.from({ length: 4 }, () => new Int32Array(256))

for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  ;(TABLES[0] as Int32Array)[byte] = crc
}
for (let table = 1; table < 4; table++) {
  const before = TABLES[table - 1] as Int32Array
  for (let byte = 0; byte < 256; byte++) {
    const crc = before[byte] as number
    ;(TABLES[table] as Int32Array)[byte] = (crc >>> 8) ^ ((TABLES[0] as Int32Array)[crc & 0xff] as number)
  }
}
const [T0, T1, T2, T3] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array]

/** CRC-32C (Castagnoli) of bytes, as in LevelDB; pass that of preceding bytes to continue it. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let crc = ~before
  let at = 0
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    crc =
      (T3[crc & 0xff] as number) ^
      (T2[(crc >>> 8) & 0xff] as number) ^
      (T1[(crc >>> 16) & 0xff] as number) ^
      (T0[crc >>> 24] as number)
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (T0[(crc ^ (bytes[at] as number)) & 0xff] as number)
  return ~crc >>> 0
}

/** A checksum as LevelDB stores it. */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0
}
