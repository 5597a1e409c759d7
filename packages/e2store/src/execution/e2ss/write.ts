import type { ByteSink } from '../../io/byte-sink.ts'
import { encodeRecordHeader } from '../../records/record.ts'
import { RecordType } from '../../records/record-type.ts'
import { RecordWriter } from '../../records/write.ts'
import { encodeRlp, writePrefix } from '../../rlp/encode.ts'
import type { SnappyCodec } from '../../snappy/codec.ts'
import { snappyFramedEncode } from '../../snappy/encode.ts'
import { MAX_CHUNK_BYTES, STREAM_IDENTIFIER } from '../../snappy/framed.ts'
import { decodeHeader } from '../blocks/header.ts'
import { nameId, type SnapshotName } from '../names.ts'
import { encodeAccount, type SnapshotAccount, type StorageSlot } from './account.ts'
import { SLOTS_PER_RECORD } from './verify.ts'

/** An account to write. */
export interface SnapshotAccountInput extends Omit<SnapshotAccount, 'storageRecords'> {
  /**
   * Its slots in ascending order, from the start at each call: a record's length precedes its content, so storage too
   * large for memory is read three times.
   */
  readonly storage?: () => AsyncIterable<StorageSlot> | Iterable<StorageSlot>
}

export interface WriteSnapshotOptions {
  readonly codec?: SnappyCodec
  /** Slots of every storage record except an account's last (default 10,000,000, as in the format). */
  readonly slotsPerRecord?: number
}

/** What was written; with a network, it gives the file's name. */
export interface WrittenSnapshot extends Omit<SnapshotName, 'network'> {
  readonly accounts: number
  readonly slots: number
}

/** Most slots of an account that are kept in memory instead of being read again. */
const SLOTS_IN_MEMORY = 65_536

/**
 * Write an `.e2ss` file. Memory does not grow with the number of accounts or slots.
 *
 * @param headerRlp RLP of the header of the block that the state belongs to
 * @param accounts in ascending order of their address hashes
 * @throws {RangeError} `storage` gives different slots when it is read again, or a record would exceed 4 GiB
 * @see docs/spec/e2store-execution.md §8.4
 */
export async function writeE2ss(
  sink: ByteSink,
  headerRlp: Uint8Array,
  accounts: AsyncIterable<SnapshotAccountInput> | Iterable<SnapshotAccountInput>,
  { codec, slotsPerRecord = SLOTS_PER_RECORD }: WriteSnapshotOptions = {},
): Promise<WrittenSnapshot> {
  const header = decodeHeader(headerRlp)
  const compress = (bytes: Uint8Array): Uint8Array => snappyFramedEncode(bytes, codec ? { codec } : {})
  const records = new RecordWriter(sink)
  await records.writeVersion()
  await records.write(RecordType.CompressedHeader, compress(headerRlp))
  const written = { accounts: 0, slots: 0 }
  for await (const { storage, ...account } of accounts) {
    const slots = await keepIfSmall(storage ?? (() => []))
    const plan = await planRecords(slots, slotsPerRecord)
    const record = encodeAccount({ ...account, storageRecords: plan.length })
    await records.write(RecordType.CompressedAccount, compress(record))
    if (plan.length > 0) await writeStorage(sink, slots, plan, compress)
    written.accounts++
    for (const { count } of plan) written.slots += count
  }
  return { block: header.number, id: nameId(header.stateRoot), ...written }
}

type Slots = NonNullable<SnapshotAccountInput['storage']>
type Compress = (bytes: Uint8Array) => Uint8Array

/** One storage record: its number of slots, and the length of its list. */
interface RecordPlan {
  readonly count: number
  readonly listBytes: number
}

async function keepIfSmall(storage: Slots): Promise<Slots> {
  const kept: StorageSlot[] = []
  for await (const { slotHash, value } of storage()) {
    if (kept.length === SLOTS_IN_MEMORY) return storage
    kept.push({ slotHash: slotHash.slice(), value: value.slice() })
  }
  return () => kept
}

async function planRecords(slots: Slots, slotsPerRecord: number): Promise<RecordPlan[]> {
  const plan: RecordPlan[] = []
  let count = 0
  let listBytes = 0
  for await (const slot of slots()) {
    if (count === slotsPerRecord) {
      plan.push({ count, listBytes })
      count = 0
      listBytes = 0
    }
    count++
    listBytes += encodeSlot(slot).length
  }
  if (count > 0) plan.push({ count, listBytes })
  return plan
}

/** Write the storage records of an account: compress once to learn their lengths, and once to the sink. */
async function writeStorage(
  sink: ByteSink,
  slots: Slots,
  plan: readonly RecordPlan[],
  compress: Compress,
): Promise<void> {
  const lengths = plan.map(() => 0)
  for await (const { record, bytes } of frames(slots, plan, compress)) {
    lengths[record] = (lengths[record] as number) + bytes.length
  }
  let current = -1
  let left = 0
  for await (const { record, bytes } of frames(slots, plan, compress)) {
    if (record !== current) {
      current = record
      left = lengths[record] as number
      await sink.write(encodeRecordHeader(RecordType.CompressedStorage, left))
    }
    left -= bytes.length
    if (left < 0) throw new RangeError('storage gave different slots when it was read again')
    await sink.write(bytes)
  }
  if (left !== 0) throw new RangeError('storage gave different slots when it was read again')
}

/** The framed content of each planned record, chunk by chunk. */
async function* frames(
  slots: Slots,
  plan: readonly RecordPlan[],
  compress: Compress,
): AsyncGenerator<{ readonly record: number; readonly bytes: Uint8Array }, void, void> {
  const chunk = new Uint8Array(MAX_CHUNK_BYTES)
  let filled = 0
  let record = 0
  let inRecord = 0
  let isFirst = true
  const flush = (): { record: number; bytes: Uint8Array } => {
    const framed = compress(chunk.subarray(0, filled))
    const bytes = isFirst ? framed : framed.subarray(STREAM_IDENTIFIER.length)
    isFirst = false
    filled = 0
    return { record, bytes }
  }
  for await (const slot of slots()) {
    const item = encodeSlot(slot)
    const { count, listBytes } = plan[record] ?? { count: 0, listBytes: 0 }
    if (count === 0) throw new RangeError('storage gave more slots when it was read again')
    if (inRecord === 0) filled = writePrefix(chunk, 0, listBytes, 0xc0)
    const room = MAX_CHUNK_BYTES - filled
    chunk.set(item.subarray(0, room), filled)
    filled += Math.min(item.length, room)
    if (item.length >= room) {
      yield flush()
      chunk.set(item.subarray(room), 0)
      filled = item.length - room
    }
    if (++inRecord === count) {
      if (filled > 0) yield flush()
      record++
      inRecord = 0
      isFirst = true
    }
  }
}

function encodeSlot({ slotHash, value }: StorageSlot): Uint8Array {
  return encodeRlp([slotHash, value])
}
