import type { History } from '@datastreamer/era-history'
import { ExportError } from '../errors.ts'
import { type ExportedBlock, exportedBlock, type Needs } from '../tables/rows.ts'
import type { BlockRange } from './plan.ts'

/** Blocks that are read and decoded while others are written. */
const AHEAD = 8

/** Blocks of ranges in order, some of them read ahead. */
export async function* readBlocks(
  history: History,
  ranges: readonly BlockRange[],
  needs: Needs,
): AsyncGenerator<ExportedBlock, void, void> {
  const reading: Promise<ExportedBlock>[] = []
  for (const number of numbersOf(ranges)) {
    const block = readBlock(history, number, needs)
    // A failure is reported when its block is due; if it never is, it is of no interest.
    block.catch(() => undefined)
    reading.push(block)
    if (reading.length >= AHEAD) yield await (reading.shift() as Promise<ExportedBlock>)
  }
  for (const block of reading) yield await block
}

function* numbersOf(ranges: readonly BlockRange[]): Generator<bigint, void, void> {
  for (const { from, to } of ranges) for (let number = from; number <= to; number++) yield number
}

async function readBlock(history: History, number: bigint, needs: Needs): Promise<ExportedBlock> {
  const block = await history.block(number)
  if (!block) throw new ExportError('NO_BLOCK', `block ${number} is not there any more`)
  return exportedBlock(block, needs)
}
