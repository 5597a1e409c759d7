import type { EntryCodec } from './entry-codec.ts'
import {
  BatchEndSchema,
  BatchStartSchema,
  BookMarkSchema,
  DebugSchema,
  L2BlockEndSchema,
  L2BlockSchema,
  TransactionSchema,
  UpdateGERSchema,
} from './gen/datastream/v1/datastream_pb.ts'
import { messageCodec } from './message-codec.ts'
import type { BatchEnd, BatchStart, Bookmark, Debug, L2Block, L2BlockEnd, Transaction, UpdateGer } from './model.ts'
import { NO_BYTES } from './values.ts'
import { zeroL2Block, zeroL2BlockEnd, zeroTransaction, zeroUpdateGer } from './zero-values.ts'

/* Codecs of the `protobuf` generation, docs/spec/sequencer-entries.md §5. */

const nested: Record<string, EntryCodec<object>> = {
  [DebugSchema.typeName]: messageCodec<Debug>(DebugSchema, () => ({ message: '', unknown: undefined })),
}

export const protobufBookmark: EntryCodec<Bookmark> = messageCodec<Bookmark>(BookMarkSchema, () => ({
  kind: 'bookmark',
  type: 0,
  value: 0n,
  unknown: undefined,
}))

export const protobufBatchStart: EntryCodec<BatchStart> = messageCodec<BatchStart>(
  BatchStartSchema,
  () => ({ kind: 'batchStart', number: 0n, type: 0, forkId: 0n, chainId: 0n, debug: undefined, unknown: undefined }),
  nested,
)

export const protobufBatchEnd: EntryCodec<BatchEnd> = messageCodec<BatchEnd>(
  BatchEndSchema,
  () => ({
    kind: 'batchEnd',
    number: 0n,
    localExitRoot: NO_BYTES,
    stateRoot: NO_BYTES,
    debug: undefined,
    unknown: undefined,
  }),
  nested,
)

export const protobufL2Block: EntryCodec<L2Block> = messageCodec<L2Block>(L2BlockSchema, zeroL2Block, nested)

export const protobufL2BlockEnd: EntryCodec<L2BlockEnd> = messageCodec<L2BlockEnd>(L2BlockEndSchema, zeroL2BlockEnd)

export const protobufTransaction: EntryCodec<Transaction> = messageCodec<Transaction>(
  TransactionSchema,
  zeroTransaction,
  nested,
)

export const protobufUpdateGer: EntryCodec<UpdateGer> = messageCodec<UpdateGer>(UpdateGERSchema, zeroUpdateGer, nested)
