import { decodeEntries } from '@datastreamer/format'
import { BlockAssembler, type FullL2Block, type Generation } from '@datastreamer/sequencer-entries'
import type { EntryRun } from './entry-run.ts'

/** An L2 block among entries that begin before it; `undefined` if it is not there. @throws {StreamError} */
export async function findBlock(
  runs: AsyncIterable<Pick<EntryRun, 'bytes'>>,
  number: bigint,
  generation: Generation,
): Promise<FullL2Block | undefined> {
  const assembler = new BlockAssembler({ generation })
  for await (const run of runs) {
    for (const entry of decodeEntries(run.bytes)) {
      const block = assembler.push(entry)
      if (block?.number === number) return block
    }
  }
  const last = assembler.end()
  return last?.number === number ? last : undefined
}
