import { join } from 'node:path'
import type { BenchContext } from './benchmark.ts'
import { count } from './format.ts'
import { BOOKMARK_BYTES, ENTRY_BYTES, fillStream, OPERATION_ENTRIES } from './stream-file.ts'

const ENTRIES = 1_100_000

/** The file that readers catch up with. */
export interface CatchUpFile {
  readonly file: string
  readonly entries: number
  /** Bytes in use, header page and padding included. */
  readonly bytes: number
}

export async function makeCatchUpFile({ folder, quick, log }: BenchContext): Promise<CatchUpFile> {
  const file = join(folder, 'data-stream.bin')
  const wanted = quick ? ENTRIES / 10 : ENTRIES
  const totals = await fillStream(file, ({ entries }) => entries >= wanted)
  log(`a file of ${count(totals.entries)} entries`)
  return { file, ...totals }
}

/** What the file holds, for titles. */
export function fileText({ entries }: CatchUpFile): string {
  return `${count(entries)} entries of 200 bytes, every eleventh a bookmark`
}

/** What goes over the wire of a file of whole operations: all but the padding. */
export function bytesOfEntries(entries: number): number {
  return (entries / (OPERATION_ENTRIES + 1)) * (BOOKMARK_BYTES + OPERATION_ENTRIES * ENTRY_BYTES)
}
