import { crc32 } from 'node:zlib'
import type { WritableFile } from '../log/stream-file.ts'
import { storedChecksum } from './commit-record.ts'

/** The checksum that the record of these bytes should have. */
export async function checksumOfFile(writable: WritableFile, from: number, to: number): Promise<number> {
  return storedChecksum(await crcOfFile(writable, from, to))
}

/** CRC-32 of bytes of a file. @param before CRC-32 of preceding bytes to include */
export async function crcOfFile(writable: WritableFile, from: number, to: number, before = 0): Promise<number> {
  let crc = before
  for await (const chunk of writable.chunks(from, to)) crc = crc32(chunk, crc)
  return crc
}
