import { BLOCK_HEAD_BYTES, blockHead, stateHead } from '../era/beacon-layout.ts'
import { E2FormatError, type Step } from '../errors.ts'
import { buffered } from '../io/buffered.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { type RecordHeader, readRecordHeader } from '../records/record.ts'
import { describeType, RecordType } from '../records/record-type.ts'
import { readFramedPrefix } from '../snappy/framed-source.ts'
import type { E2i } from './e2i.ts'

/** The slot of the block or state in a record; only its first chunk is decompressed. */
export async function slotOf(source: ByteSource, { type, position, end }: RecordHeader, step: Step): Promise<bigint> {
  const ssz = await readFramedPrefix(source, { from: position + 8, to: end }, BLOCK_HEAD_BYTES, { step })
  const read =
    type === RecordType.CompressedBeaconState
      ? stateHead(ssz, 0, { position, step })
      : blockHead(ssz, { position, step })
  return read.slot
}

/** Throw unless all offsets of an index point at blocks or states, the first and the last at those of their slots. */
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
