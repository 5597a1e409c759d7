import type { FullL2Block } from '@datastreamer/sequencer-entries'
import { SegmentError } from '../errors.ts'
import { findBlock } from '../segment/find-block.ts'
import type { DecodedRecord } from './decode-record.ts'
import { blockInRecord, recordPosition } from './pieces.ts'
import type { Segment2 } from './segment-2.ts'

/**
 * One L2 block of a segment of layout 2, `undefined` if it does not begin in it. Reads the record that the index names, and
 * later ones only if the block goes on in them.
 *
 * @throws {SegmentError} @throws {StreamError}
 * @see docs/spec/archive.md §7.3
 */
export async function readBlock2(segment: Segment2, number: bigint): Promise<FullL2Block | undefined> {
  const { index, header } = segment
  const { encoding } = header
  const record = blockInRecord(index.records, index.blocks, number)
  if (record === undefined || encoding === undefined) return undefined
  let forkId: bigint | undefined
  const runs = async function* (): AsyncGenerator<DecodedRecord, void, void> {
    for await (const run of segment.runs('read', record)) {
      forkId ??= run.forkId
      yield run
    }
  }
  const block = await findBlock(runs(), number, encoding)
  if (block === undefined) {
    const position = recordPosition(index.records, record)
    throw new SegmentError('BAD_INDEX', `block ${number} is not where the index says`, position, 'read')
  }
  // Its batch began in an earlier record.
  return block.forkId === undefined && forkId ? { ...block, forkId } : block
}
