import type { RecordHeader } from '@datastreamer/e2store'
import { SegmentError, type SegmentStep } from '../errors.ts'

/** Types of a segment's records. docs/spec/archive.md §2, §7. */
export const SegmentRecordType = {
  StreamHeader: 0xd500,
  StreamEntries: 0xd501,
  StreamEnd: 0xd502,
  StreamBlocks: 0xd503,
  StreamRecord: 0xd504,
  StreamBookmarks: 0xd505,
  StreamIndex: 0xd506,
} as const

/** Throw `BAD_RECORD` unless a record is of the type that must stand there. */
export function expectRecord(
  { type, position }: Pick<RecordHeader, 'type' | 'position'>,
  wanted: number,
  step: SegmentStep,
): void {
  if (type === wanted) return
  const hex = (value: number): string => value.toString(16).padStart(4, '0')
  throw new SegmentError('BAD_RECORD', `record of type ${hex(type)}, expected ${hex(wanted)}`, position, step)
}
