const TABLES = makeTables()

/** Eight tables of 256: entry `t * 256 + b` is the remainder of byte `b` followed by `t` zero bytes. */
function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    tables[byte] = crc
  }
  for (let i = 256; i < tables.length; i++) {
    const crc = tables[i - 256] as number
    tables[i] = (crc >>> 8) ^ (tables[crc & 0xff] as number)
  }
  return tables
}

/** CRC-32C (Castagnoli, reflected) of `bytes[start, end)`, eight bytes a step. */
export function crc32c(bytes: DataView, start = 0, end: number = bytes.byteLength): number {
  const t = TABLES
  let crc = -1
  let at = start
  for (const last = end - 8; at <= last; at += 8) {
    const low = crc ^ bytes.getInt32(at, true)
    const high = bytes.getInt32(at + 4, true)
    crc =
      (t[1792 + (low & 0xff)] as number) ^
      (t[1536 + ((low >>> 8) & 0xff)] as number) ^
      (t[1280 + ((low >>> 16) & 0xff)] as number) ^
      (t[1024 + (low >>> 24)] as number) ^
      (t[768 + (high & 0xff)] as number) ^
      (t[512 + ((high >>> 8) & 0xff)] as number) ^
      (t[256 + ((high >>> 16) & 0xff)] as number) ^
      (t[high >>> 24] as number)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (t[(crc ^ bytes.getUint8(at)) & 0xff] as number)
  return ~crc >>> 0
}

/** A CRC as the framing stores it: rotated right by 15, plus a constant. */
export function maskCrc(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
