import { E2FormatError } from '../errors.ts'
import type { SlotIndex } from '../index-records/slot-index.ts'
import type { ByteSource } from '../io/byte-source.ts'
import type { Census } from '../records/census.ts'
import { iterateHeaders } from '../records/iterate.ts'
import type { RecordHeader } from '../records/record.ts'
import { describeType, RecordType } from '../records/record-type.ts'
import type { EraGroup } from './group.ts'

/** Types that have a fixed position in a group, so that none of them may be among the other records. */
const POSITIONED: ReadonlySet<number> = new Set<number>([
  RecordType.Version,
  RecordType.CompressedSignedBeaconBlock,
  RecordType.CompressedBeaconState,
  RecordType.SlotIndex,
])

function bad(code: 'BAD_GROUP' | 'BAD_TARGET', message: string, position: number): E2FormatError {
  return new E2FormatError(code, message, position, 'verify')
}

/** The targets of an index in slot order, without those that mean an empty slot. */
function blockTargets(index: SlotIndex | undefined, { start }: EraGroup): number[] {
  const targets: number[] = []
  for (let i = 0; i < (index?.count ?? 0); i++) {
    const target = index?.target(i, 'verify')
    if (target !== undefined && target !== start) targets.push(target)
  }
  return targets
}

/**
 * Throw unless a group's records are exactly Version, the blocks that its index names in their order, the state,
 * records of other types, and the indices.
 *
 * @throws {E2FormatError} with step `verify`
 * @see docs/spec/e2store.md §7.1
 */
export async function checkGrammar(
  source: ByteSource,
  group: EraGroup,
  index: SlotIndex | undefined,
  census: Census,
): Promise<void> {
  const expected: { readonly type: number; readonly position: number }[] = [
    { type: RecordType.Version, position: group.start },
    ...blockTargets(index, group).map((position) => ({ type: RecordType.CompressedSignedBeaconBlock, position })),
    { type: RecordType.CompressedBeaconState, position: group.statePosition },
  ]
  const range = { from: group.start, to: group.end, step: 'verify', requireVersion: true } as const
  let next = 0
  for await (const header of iterateHeaders(source, range)) {
    census.add(header)
    const wanted = expected[next]
    if (wanted) {
      checkWanted(header, wanted)
      next++
    } else if (header.position < group.contentEnd) {
      checkOther(header, group)
    }
  }
}

/** Throw unless a record after the state is of a type without a fixed position and ends before the indices. */
function checkOther({ type, position, end }: RecordHeader, { contentEnd }: EraGroup): void {
  if (POSITIONED.has(type)) throw bad('BAD_GROUP', `${describeType(type)} record after the state`, position)
  if (end > contentEnd) {
    throw bad('BAD_GROUP', `${describeType(type)} record ends at ${end}, the indices begin at ${contentEnd}`, position)
  }
}

function checkWanted(header: RecordHeader, wanted: { readonly type: number; readonly position: number }): void {
  if (header.type === wanted.type && header.position === wanted.position) return
  const found = `${describeType(header.type)} record`
  const expected = `${describeType(wanted.type)} at ${wanted.position}, where the index points`
  throw bad('BAD_TARGET', `${found}, expected ${expected}`, header.position)
}
