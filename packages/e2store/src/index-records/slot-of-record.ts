import { BLOCK_HEAD_BYTES, blockHead, stateHead } from '../era/beacon-layout.ts'
import { E2FormatError, type Step } from '../errors.ts'
import { buffered } from '../io/buffered.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { iterateHeaders } from '../records/iterate.ts'
import { type RecordHeader, readRecordHeader } from '../records/record.ts'
import { describeType, RecordType } from '../records/record-type.ts'
import { readFramedPrefix } from '../snappy/framed-source.ts'
import type { E2i } from './e2i.ts'

/** The slot of the block or state that a record holds; only the first chunk of it is decompressed. */
async function slotOf(source: ByteSource, { type, position, end }: RecordHeader, step: Step): Promise<bigint> {
  const ssz = await readFramedPrefix(source, { from: position + 8, to: end }, BLOCK_HEAD_BYTES, { step })
  const read =
    type === RecordType.CompressedBeaconState
      ? stateHead(ssz, 0, { position, step })
      : blockHead(ssz, { position, step })
  return read.slot
}

/** Throw unless every offset of an index points at a block or state, the first and the last at those of their slots. */
export async function checkAgainstData({ startSlot, targets }: E2i, data: ByteSource): Promise<void> {
  const window = buffered(data, 65_536)
  const last = targets.findLastIndex((target) => target !== undefined)
  let first = true
  for (const [i, target] of targets.entries()) {
    if (target === undefined) continue
    const header = await readRecordHeader(window, target, { step: 'open' })
    if (header.type !== RecordType.CompressedSignedBeaconBlock && header.type !== RecordType.CompressedBeaconState) {
      const what = `index points at ${describeType(header.type)} record, expected a block or a state`
      throw new E2FormatError('BAD_TARGET', what, target, 'open')
    }
    if (!first && i !== last) continue
    first = false
    const slot = await slotOf(window, header, 'open')
    if (slot !== startSlot + BigInt(i)) {
      const what = `record of slot ${slot} where the index has slot ${startSlot + BigInt(i)}`
      throw new E2FormatError('BAD_TARGET', what, target, 'open')
    }
  }
}

export interface IndexSlotsOptions {
  /** Type of the records to index: blocks (default) or states. */
  readonly type?: number
  /** Slots of the index at most (default 131072). */
  readonly maxCount?: number
}

/**
 * Make an index of all blocks in a file.
 *
 * @throws {E2FormatError} `BAD_INDEX`: there is none, their slots do not ascend, or lie too far apart
 * @see docs/spec/e2store.md §5.3
 */
export async function indexSlots(
  data: ByteSource,
  { type = RecordType.CompressedSignedBeaconBlock, maxCount = 131_072 }: IndexSlotsOptions = {},
): Promise<E2i> {
  const bad = (message: string, position: number): E2FormatError =>
    new E2FormatError('BAD_INDEX', message, position, 'walk')
  const window = buffered(data)
  const targets: (number | undefined)[] = []
  let startSlot: bigint | undefined
  for await (const header of iterateHeaders(window)) {
    if (header.type !== type) continue
    const slot = await slotOf(window, header, 'walk')
    startSlot ??= slot
    const next = startSlot + BigInt(targets.length)
    if (slot < next) throw bad(`slot ${slot} after slot ${next - 1n}, expected ascending slots`, header.position)
    if (slot - startSlot >= BigInt(maxCount)) {
      throw bad(`slots ${startSlot} to ${slot} do not fit in an index of ${maxCount}`, header.position)
    }
    targets[Number(slot - startSlot)] = header.position
  }
  if (startSlot === undefined) throw bad(`no ${describeType(type)} record`, 0)
  return { startSlot, targets: Array.from(targets) }
}
