import { E2FormatError } from './errors.ts'
import { BLOCK_INDEX_SHAPE } from './index-records/block-index.ts'
import { DYNAMIC_INDEX_SHAPE } from './index-records/dynamic-block-index.ts'
import { hasTable } from './index-records/offset-table.ts'
import { readSlotIndex, slotIndexShape } from './index-records/slot-index.ts'
import type { ByteSource } from './io/byte-source.ts'
import { typeAt } from './io/little-endian.ts'
import { checkFirstRecord, HEAD_BYTES } from './records/first-record.ts'
import { checkHeaderRoom, readRecordHeader } from './records/record.ts'
import { RecordType } from './records/record-type.ts'
import { SidecarRecord } from './sidecar/layout.ts'

/** The kind of a file, named by its usual extension; `e2s` is a file of records that is of no other kind, `idx` a sidecar. */
export type FileKind = 'e2s' | 'e2i' | 'era' | 'era1' | 'ere' | 'e2hs' | 'e2ss' | 'idx'

/** Whether `read` succeeds; `false` where the file is not of that shape. */
async function fits(read: () => Promise<unknown>): Promise<boolean> {
  try {
    return (await read()) !== false
  } catch (error) {
    if (error instanceof E2FormatError) return false
    throw error
  }
}

/** Whether the file ends with the index of one state, as an era does. */
async function endsWithState(source: ByteSource): Promise<boolean> {
  if (!(await hasTable(source, source.size, slotIndexShape(1)))) return false
  const index = await readSlotIndex(source, source.size, { maxCount: 1 })
  const target = index.target(0)
  const state = target === undefined ? undefined : await readRecordHeader(source, target, { end: index.position })
  return state?.type === RecordType.CompressedBeaconState
}

/**
 * The kind of a file, by the types of its first records and of the index that it ends with. A damaged file may be taken
 * for a more general kind; opening it shows whether it is valid.
 *
 * @throws {E2FormatError} `EMPTY_FILE`, `NO_VERSION`, `TRUNCATED`
 * @see docs/spec/e2store.md §3.4
 */
export async function identifyFile(source: ByteSource): Promise<FileKind> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
  if (head.length === 1) checkHeaderRoom(0, head.length, 'open')
  if (head.length > 1 && typeAt(head, 0) === RecordType.SlotIndex) return 'e2i'
  checkFirstRecord(head, 0, 'open')
  const second = head.length >= 10 ? typeAt(head, 8) : undefined
  if (second === SidecarRecord.Header) return 'idx'
  if (await hasTable(source, source.size, DYNAMIC_INDEX_SHAPE)) return 'ere'
  if (await hasTable(source, source.size, BLOCK_INDEX_SHAPE))
    return second === RecordType.CompressedHeaderWithProof ? 'e2hs' : 'era1'
  if (await fits(() => endsWithState(source))) return 'era'
  return second === RecordType.CompressedHeader && (await fits(() => accountFollows(source))) ? 'e2ss' : 'e2s'
}

/** A snapshot's header is followed by an account, or by nothing. */
async function accountFollows(source: ByteSource): Promise<boolean> {
  const { end } = await readRecordHeader(source, 8)
  return end === source.size || (await readRecordHeader(source, end)).type === RecordType.CompressedAccount
}
