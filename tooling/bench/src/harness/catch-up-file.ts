import { join } from 'node:path'
import type { BenchContext } from './benchmark.ts'
import { count } from './format.ts'
import { fillStream } from './stream-file.ts'

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

/** One pass over the file takes a fraction of a second, so that several are measured as one. */
const PASSES = 5

/** Repeat a pass, which resolves with its seconds; resolves with those of a mean pass. */
export async function meanSeconds(pass: () => Promise<number>): Promise<number> {
  let seconds = 0
  for (let i = 0; i < PASSES; i++) seconds += await pass()
  return seconds / PASSES
}
