import { type DiskFile, readExactly, writeAll } from './disk.ts'

/** Bytes per read and write. */
const CHUNK_BYTES = 1_048_576

/** Write the bytes from `from` to `to` again, as they are read now. */
export async function rewrite(file: DiskFile, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += CHUNK_BYTES) {
    await writeAll(file, [await readExactly(file, at, Math.min(CHUNK_BYTES, to - at))], at)
  }
}
