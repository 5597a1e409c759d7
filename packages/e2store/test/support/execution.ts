import type { ArchiveOptions, BlockArchive } from '../../src/execution/archive/archive.ts'
import { openE2hs } from '../../src/execution/e2hs/open.ts'
import { openEra1 } from '../../src/execution/era1/open.ts'
import { openEre } from '../../src/execution/ere/open.ts'
import type { ByteSource } from '../../src/io/byte-source.ts'
import { fromHex } from '../../src/io/bytes.ts'
import vectors from '../../vectors/execution.json' with { type: 'json' }

/** Small files of each format, and what they hold, by an independent program. */
export const golden = vectors

export type GoldenFile = keyof typeof vectors.files

export function goldenBytes(name: GoldenFile): Uint8Array {
  return fromHex(vectors.files[name])
}

/** The root of an era of the beacon chain that the proofs of the golden file after the merge lead to. */
export function goldenHistoryRoot(slot: bigint): Uint8Array | undefined {
  const found = vectors.historyRoots.find((entry) => BigInt(entry.slot) / 8192n === slot / 8192n)
  return found && fromHex(found.root)
}

/** Open a block archive of any kind, by the end of its name. Files of `.e2hs` may have any number of blocks. */
export async function openAny(name: string, source: ByteSource, options: ArchiveOptions = {}): Promise<BlockArchive> {
  if (name.startsWith('e2hs') || name.endsWith('.e2hs')) {
    return openE2hs(source, { ...options, blocks: name.endsWith('.e2hs') ? 8192 : 2 })
  }
  return /^era1|\.era1$/.test(name) ? openEra1(source, options) : openEre(source, options)
}

/** A source that is not in memory, like a file; it counts what is read from it. */
export function slowSource(bytes: Uint8Array): ByteSource & { reads: number; bytesRead: number } {
  const source = {
    size: bytes.length,
    reads: 0,
    bytesRead: 0,
    read: async (position: number, length: number): Promise<Uint8Array> => {
      source.reads++
      source.bytesRead += length
      return bytes.slice(position, position + length)
    },
  }
  return source
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = []
  for await (const item of items) out.push(item)
  return out
}
