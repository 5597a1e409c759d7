import { decodeEntries } from '@datastreamer/format'
import { BlockAssembler, type FullL2Block } from '@datastreamer/sequencer-entries'
import { readBlock1 } from '../layout-1/block.ts'
import { readBlock2 } from '../layout-2/block.ts'
import type { Segment } from './open-segment.ts'

/** All L2 blocks of a segment, in batches. @throws {SegmentError} @throws {StreamError} */
export async function* readBlocks(segment: Segment): AsyncGenerator<readonly FullL2Block[], void, void> {
  const { encoding } = segment.header
  if (encoding === undefined) return
  const assembler = new BlockAssembler({ generation: encoding })
  for await (const run of segment.runs('read')) {
    const blocks = decodeEntries(run.bytes).map((entry) => assembler.push(entry))
    yield blocks.filter((block) => block !== undefined)
  }
  const last = assembler.end()
  if (last !== undefined) yield [last]
}

/**
 * One L2 block of a segment, `undefined` if it is not in it. Reads the record that the index names, and others only if
 * the block goes on in them or, in layout 1, its batch began in them.
 *
 * @throws {SegmentError} @throws {StreamError}
 * @see docs/spec/archive.md §2.4, §7.3
 */
export function readBlock(segment: Segment, number: bigint): Promise<FullL2Block | undefined> {
  return segment.layout === 1 ? readBlock1(segment, number) : readBlock2(segment, number)
}
