import { decodeEntries } from '@datastreamer/format'
import { decodeSequencerEntry, entryKind, type FullL2Block } from '@datastreamer/sequencer-entries'
import { SegmentError } from '../errors.ts'
import { findBlock } from '../segment/find-block.ts'
import type { RecordRun } from './record-run.ts'
import type { Segment1 } from './segment-1.ts'

/**
 * One L2 block of a segment of layout 1, `undefined` if it is not in it. Reads the record that the index names, and others
 * only if the block goes on in them or its batch began in them.
 *
 * @throws {SegmentError} @throws {StreamError}
 * @see docs/spec/archive.md §2.4
 */
export async function readBlock1(segment: Segment1, number: bigint): Promise<FullL2Block | undefined> {
  const { encoding } = segment.header
  const { first, targets } = segment.index
  const row = number - first
  const target = row >= 0n && row < BigInt(targets.length) ? targets[Number(row)] : undefined
  if (target === undefined || encoding === undefined) return undefined
  const block = await findBlock(segment.runs('read', target), number, encoding)
  if (block !== undefined) return withFork(segment, block, Number(row))
  throw new SegmentError('BAD_INDEX', `block ${number} is not where the index says`, target, 'read')
}

/** A block whose batch began in an earlier record gets the fork id from there. */
async function withFork(segment: Segment1, block: FullL2Block, row: number): Promise<FullL2Block> {
  if (block.forkId !== undefined || segment.header.encoding !== 'protobuf') return block
  const { targets } = segment.index
  for (let before = row - 1, seen = targets[row]; before >= 0; before--) {
    const target = targets[before]
    if (target === seen || target === undefined) continue
    seen = target
    for await (const run of segment.runs('read', target)) {
      const forkId = forkOf(run, block.batchNumber)
      if (forkId !== undefined) return { ...block, forkId }
      break
    }
  }
  return block
}

function forkOf(run: RecordRun, batch: bigint): bigint | undefined {
  for (const entry of decodeEntries(run.bytes)) {
    if (entryKind(entry.type, 'protobuf') !== 'batchStart') continue
    const start = decodeSequencerEntry(entry, 'protobuf')
    if (start.kind === 'batchStart' && start.number === batch) return start.forkId
  }
  return undefined
}
