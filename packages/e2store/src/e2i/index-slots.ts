import { E2FormatError } from '../errors.ts'
import { buffered } from '../io/buffered.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { iterateHeaders } from '../records/iterate.ts'
import { describeType, RecordType } from '../records/record-type.ts'
import type { E2i } from './e2i.ts'
import { slotOf } from './slot-of-record.ts'

export interface IndexSlotsOptions {
  /** Type of the records to index: blocks (default) or states. */
  readonly type?: number
  /** Largest number of slots in the index (default 131072). */
  readonly maxCount?: number
}

/**
 * Index all blocks of a file.
 *
 * @throws {E2FormatError} `BAD_INDEX`: there is no block, slots do not ascend, or there are too many
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
