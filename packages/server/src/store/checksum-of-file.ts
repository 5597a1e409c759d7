import { crc32 } from 'node:zlib'
import { storedChecksum } from './commit-record.ts'
import type { WritableFile } from './stream-file.ts'

/** The checksum that a commit's record should hold. */
export async function checksumOfFile(writable: WritableFile, from: number, to: number): Promise<number> {
  let crc = 0
  for await (const piece of writable.pieces(from, to)) crc = crc32(piece, crc)
  return storedChecksum(crc)
}
