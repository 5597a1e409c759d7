import { encodeSlotIndex } from '../index-records/slot-index.ts'
import { putI64, putU64 } from '../io/little-endian.ts'
import { encodeRecordHeader } from '../records/record.ts'
import { RecordType } from '../records/record-type.ts'
import { type E2i, type E2iGeneration, MAX_E2I_COUNT } from './e2i.ts'

/**
 * Encode an index file. Layout 2 is the one to write: it alone stays valid when files are concatenated.
 *
 * @throws {RangeError} layout 2 without `dataSize`, layout 0 with slots that would make it too large
 * @see docs/spec/e2store.md §5.3
 */
export function encodeE2i(
  { startSlot, targets }: E2i,
  { generation = 2, dataSize }: { readonly generation?: E2iGeneration; readonly dataSize?: number } = {},
): Uint8Array {
  if (targets.length < 1 || targets.length > MAX_E2I_COUNT) throw new RangeError(`an index of ${targets.length} slots`)
  if (generation === 2) {
    if (dataSize === undefined) throw new RangeError('the size of the data file is needed for this layout')
    return encodeSlotIndex({ position: dataSize, start: startSlot, targets })
  }
  const skipped = generation === 0 ? startSlot : 0n
  if (skipped + BigInt(targets.length) > BigInt(MAX_E2I_COUNT)) {
    throw new RangeError(`slots up to ${skipped + BigInt(targets.length)} make too large an index of layout 0`)
  }
  const at = (generation === 0 ? 8 : 16) + 8 * Number(skipped)
  const out = new Uint8Array(at + 8 * targets.length)
  out.set(encodeRecordHeader(RecordType.SlotIndex, 0))
  if (generation === 1) putU64(out, 8, startSlot)
  for (const [i, target] of targets.entries()) putI64(out, at + 8 * i, target ?? 0)
  return out
}
