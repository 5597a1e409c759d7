import { E2FormatError } from '../../errors.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { concatBytes } from '../../io/bytes.ts'
import { RECORD_HEADER_BYTES, type RecordHeader } from '../../records/record.ts'
import { type RlpOrigin, RlpReader } from '../../rlp/reader.ts'
import { portableSnappy, type SnappyCodec } from '../../snappy/codec.ts'
import { iterateFramed } from '../../snappy/framed-source.ts'
import type { StorageSlot } from './account.ts'

/** Largest RLP of a slot: 2 + 33 + 33 bytes. */
const MAX_SLOT_BYTES = 68
const MAX_PREFIX_BYTES = 9

/**
 * The decompressed content of a record in chunks of at most 64 KiB, whatever its size.
 *
 * @throws {E2FormatError} `BAD_SNAPPY`, `BAD_CHECKSUM`
 */
async function* readContent(
  source: ByteSource,
  { position, end }: RecordHeader,
  codec: SnappyCodec = portableSnappy,
): AsyncGenerator<Uint8Array, void, void> {
  const region = { from: position + RECORD_HEADER_BYTES, to: end }
  yield* iterateFramed(source, region, { codec, maxBytes: Number.POSITIVE_INFINITY })
}

/**
 * The slots of a storage record, in a batch for each of its chunks. Slots borrow the memory of their batch; no more than
 * one chunk is held.
 *
 * @throws {E2FormatError} `BAD_SNAPPY`, `BAD_CHECKSUM`, `BAD_RLP`
 * @see docs/spec/e2store-execution.md §8.4
 */
export async function* readStorage(
  source: ByteSource,
  record: RecordHeader,
  codec?: SnappyCodec,
): AsyncGenerator<StorageSlot[], void, void> {
  const origin = { what: 'storage', position: record.position }
  let rest: Uint8Array = new Uint8Array(0)
  let left: number | undefined
  for await (const chunk of readContent(source, record, codec)) {
    let bytes = rest.length === 0 ? chunk : concatBytes([rest, chunk])
    if (left === undefined) {
      const prefix = readPrefix(bytes, origin)
      if (prefix === undefined) {
        rest = bytes
        continue
      }
      left = prefix.length
      bytes = bytes.subarray(prefix.at)
    }
    const { slots, used } = readSlots(bytes, left, origin)
    left -= used
    rest = bytes.subarray(used)
    if (slots.length > 0) yield slots
  }
  if (left === undefined || left > 0 || rest.length > 0) {
    const message = left === undefined ? 'no list' : `${rest.length} bytes where the list has ${left} left`
    throw new E2FormatError('BAD_RLP', `storage has ${message}`, record.position, 'read')
  }
}

/** The length of the list at the start of `bytes`, and where its items begin; `undefined` if more bytes are needed. */
function readPrefix(bytes: Uint8Array, origin: RlpOrigin): { length: number; at: number } | undefined {
  const first = bytes[0]
  if (first === undefined) return undefined
  const lengthBytes = first > 0xf7 ? first - 0xf7 : 0
  if (first < 0xc0) throw new RlpReader(bytes, origin).error('storage is a byte string, expected a list', 0)
  if (lengthBytes === 0) return { length: first - 0xc0, at: 1 }
  if (bytes.length < 1 + lengthBytes) return undefined
  let length = 0
  for (let i = 1; i <= lengthBytes; i++) length = length * 256 + (bytes[i] as number)
  if (bytes[1] === 0 || length < 56 || !Number.isSafeInteger(length)) {
    throw new RlpReader(bytes, origin).error(`length ${length} of storage is not canonical`, 0)
  }
  return { length, at: 1 + lengthBytes }
}

/** The whole slots at the start of `bytes`; `left` bytes of the list have not been read. */
function readSlots(bytes: Uint8Array, left: number, origin: RlpOrigin): { slots: StorageSlot[]; used: number } {
  const reader = new RlpReader(bytes, origin, 0, Math.min(bytes.length, left))
  const slots: StorageSlot[] = []
  while (reader.hasMore) {
    const size = slotSize(bytes, reader.position)
    if (size === undefined || reader.position + size > bytes.length) break
    const items = reader.list('slot')
    const slotHash = items.fixed('slotHash', 32)
    const at = items.position
    const value = items.string('value', 32)
    if (value[0] === 0) throw items.error('value has a leading zero', at)
    items.end('slot')
    slots.push({ slotHash, value })
  }
  if (bytes.length - reader.position > MAX_SLOT_BYTES + MAX_PREFIX_BYTES && !reader.hasMore) {
    throw reader.error(`${bytes.length - reader.position} bytes after the list of storage`, reader.position)
  }
  return { slots, used: reader.position }
}

/**
 * Bytes of the item at `at`, by its prefix; `undefined` if the prefix is incomplete. Of an item too long for a slot, only
 * the prefix is counted.
 */
function slotSize(bytes: Uint8Array, at: number): number | undefined {
  const first = bytes[at] as number
  if (first < 0xf8) return first < 0xc0 ? 1 : 1 + first - 0xc0
  if (first > 0xf8) return 1
  const length = bytes[at + 1]
  return length === undefined ? undefined : Math.min(2 + length, MAX_SLOT_BYTES)
}
