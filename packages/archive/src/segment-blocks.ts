import { decodeEntries } from '@datastreamer/format'
import { BlockAssembler, decodeSequencerEntry, entryKind, type FullL2Block } from '@datastreamer/sequencer-entries'
import type { EntryRun } from './entry-run.ts'
import { SegmentError } from './errors.ts'
import type { Segment } from './segment.ts'

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
 * the block goes on in them or its batch began in them.
 *
 * @throws {SegmentError} @throws {StreamError}
 * @see docs/spec/archive.md §2.4
 */
export async function readBlock(segment: Segment, number: bigint): Promise<FullL2Block | undefined> {
  const { encoding } = segment.header
  const { first, targets } = segment.blocks
  const row = number - first
  const target = row >= 0n && row < BigInt(targets.length) ? targets[Number(row)] : undefined
  if (target === undefined || encoding === undefined) return undefined
  const assembler = new BlockAssembler({ generation: encoding })
  for await (const run of segment.runs('read', target)) {
    for (const entry of decodeEntries(run.bytes)) {
      const block = assembler.push(entry)
      if (block?.number === number) return withFork(segment, block, Number(row))
    }
  }
  const last = assembler.end()
  if (last?.number === number) return withFork(segment, last, Number(row))
  throw new SegmentError('BAD_INDEX', `block ${number} is not where the index says`, target, 'read')
}

/** A block whose batch began in an earlier record gets the fork id from there. */
async function withFork(segment: Segment, block: FullL2Block, row: number): Promise<FullL2Block> {
  if (block.forkId !== undefined || segment.header.encoding !== 'protobuf') return block
  const { targets } = segment.blocks
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

function forkOf(run: EntryRun, batch: bigint): bigint | undefined {
  for (const entry of decodeEntries(run.bytes)) {
    if (entryKind(entry.type, 'protobuf') !== 'batchStart') continue
    const start = decodeSequencerEntry(entry, 'protobuf')
    if (start.kind === 'batchStart' && start.number === batch) return start.forkId
  }
  return undefined
}
