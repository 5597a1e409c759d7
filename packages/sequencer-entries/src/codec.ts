import { BOOKMARK_TYPE } from '@datastreamer/format'
import type { EntryCodec } from './entry-codec.ts'
import { fixedBookmark } from './fixed-bookmark.ts'
import { BookmarkType } from './gen/datastream/v1/datastream_pb.ts'
import type { Generation } from './generation.ts'
import * as legacy from './legacy.ts'
import type { EntryKind, KnownEntry, SequencerEntry, SequencerEntryInit } from './model.ts'
import * as protobuf from './protobuf.ts'

/** An entry as the log gives it and takes it; its number is only for the text of errors. */
export interface EntryData {
  readonly type: number
  readonly data: Uint8Array
  readonly number?: bigint | undefined
}

type Codecs = { readonly [K in EntryKind]?: readonly [type: number, EntryCodec<Extract<KnownEntry, { kind: K }>>] }

/** Entry types and codecs of each generation. docs/spec/sequencer-entries.md §§2-5. */
const CODECS: Readonly<Record<Generation, Codecs>> = {
  'sequencer-2023-09': {
    l2Block: [1, legacy.september2023L2Block],
    transaction: [2, legacy.september2023Transaction],
  },
  'pre-etrog': {
    l2Block: [1, legacy.preEtrogL2Block],
    transaction: [2, legacy.preEtrogTransaction],
    l2BlockEnd: [3, legacy.preEtrogL2BlockEnd],
    updateGer: [4, legacy.preEtrogUpdateGer],
    bookmark: [BOOKMARK_TYPE, fixedBookmark(true, [BookmarkType.L2_BLOCK])],
  },
  etrog: {
    l2Block: [1, legacy.etrogL2Block],
    transaction: [2, legacy.etrogTransaction],
    l2BlockEnd: [3, legacy.etrogL2BlockEnd],
    updateGer: [4, legacy.etrogUpdateGer],
    bookmark: [BOOKMARK_TYPE, fixedBookmark(false, [BookmarkType.L2_BLOCK, BookmarkType.BATCH])],
  },
  protobuf: {
    batchStart: [1, protobuf.protobufBatchStart],
    l2Block: [2, protobuf.protobufL2Block],
    transaction: [3, protobuf.protobufTransaction],
    batchEnd: [4, protobuf.protobufBatchEnd],
    updateGer: [5, protobuf.protobufUpdateGer],
    l2BlockEnd: [6, protobuf.protobufL2BlockEnd],
    bookmark: [BOOKMARK_TYPE, protobuf.protobufBookmark],
  },
}

interface ByType {
  readonly kind: EntryKind
  readonly codec: EntryCodec<KnownEntry>
}

const BY_TYPE: Readonly<Record<Generation, ReadonlyMap<number, ByType>>> = {
  'sequencer-2023-09': byType(CODECS['sequencer-2023-09']),
  'pre-etrog': byType(CODECS['pre-etrog']),
  etrog: byType(CODECS.etrog),
  protobuf: byType(CODECS.protobuf),
}

/** Decode the data of an entry in one generation. @throws {SequencerEntryError} */
export function decodeAs(entry: EntryData, generation: Generation): SequencerEntry {
  const found = BY_TYPE[generation].get(entry.type)
  if (found === undefined) return { kind: 'unknown', type: entry.type, data: entry.data }
  return found.codec.decode(entry.data, entry.number)
}

/**
 * Encode an entry: its type and fresh data, byte for byte what the Go implementation writes. Fields left out have their
 * zero value; fields that the generation does not carry are not written.
 *
 * @param generation by default `protobuf`, in which streams are written today
 *
 * @throws {RangeError} if a field does not fit
 * @throws {TypeError} if the generation has no such entry
 * @see docs/spec/sequencer-entries.md §§2-5
 */
export function encodeSequencerEntry(
  entry: SequencerEntryInit,
  generation: Generation = 'protobuf',
): { readonly type: number; readonly data: Uint8Array } {
  if (entry.kind === 'unknown') return { type: entry.type, data: new Uint8Array(entry.data) }
  const found = CODECS[generation][entry.kind]
  if (found === undefined) throw new TypeError(`generation ${generation} has no entry of kind ${entry.kind}`)
  const [type, codec] = found
  return { type, data: (codec as EntryCodec<object>).encode(entry) }
}

/** What an entry of this type holds, without looking at its data. */
export function entryKind(type: number, generation: Generation): SequencerEntry['kind'] {
  return BY_TYPE[generation].get(type)?.kind ?? 'unknown'
}

function byType(codecs: Codecs): ReadonlyMap<number, ByType> {
  const map = new Map<number, ByType>()
  for (const [kind, [type, codec]] of Object.entries(codecs)) {
    map.set(type, { kind: kind as EntryKind, codec: codec as EntryCodec<KnownEntry> })
  }
  return map
}
