import { decodeEntries } from '@datastreamer/format'
import {
  BatchAssembler,
  type BatchAssemblerOptions,
  entryKind,
  type FullBatch,
  type FullL2Block,
} from '@datastreamer/sequencer-entries'
import { entryBefore } from './block-start.ts'
import { readBlock } from './read-block.ts'
import { type RecordInput, readRecords } from './read-entry.ts'
import { blockNumber, slotByNumber } from './slot-by-number.ts'

/** A batch by number; `undefined` if the history does not have all of it. */
export async function readBatch(
  input: RecordInput,
  number: bigint,
  limits: BatchAssemblerOptions,
): Promise<FullBatch | undefined> {
  let assembler: BatchAssembler | undefined
  for await (const { bytes, encoding } of readRecords(input, await entryBefore(input, 'batch', number))) {
    if (encoding === undefined) return undefined
    assembler ??= new BatchAssembler({ ...limits, generation: encoding })
    for (const entry of decodeEntries(bytes)) {
      const [batch] = assembler.push(entry).filter((each) => each.number >= number)
      if (batch !== undefined) return batch.number === number ? batch : undefined
    }
  }
  return undefined
}

/** The last block that is not later than a time, in seconds; `undefined` if all are. */
export async function readBlockAt(input: RecordInput, time: bigint): Promise<FullL2Block | undefined> {
  const leaf = await input.snapshot.index.find('time', time, input.signal)
  const slot = leaf && (await slotByNumber(input, leaf, 'time', time))
  if (leaf === undefined || slot === undefined) return undefined
  const { bytes, encoding } = await input.records.get(slot, input.signal)
  if (encoding === undefined) return undefined
  const opening = decodeEntries(bytes).filter(({ type }) => entryKind(type, encoding) === 'l2Block')
  const at = opening.findLastIndex((entry) => (blockNumber(entry, encoding, 'time') ?? time) <= time)
  return at === -1 ? undefined : readBlock(input, leaf.blocks.first + BigInt(slot.blocksBefore + at))
}
