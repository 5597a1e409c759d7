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

/*
 * Codecs of the `protobuf` generation, docs/spec/sequencer-entries.md §5. Each zero value spells out all keys in one
 * order, so that all objects of a kind share their shape.
 */

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

export const protobufL2Block: EntryCodec<L2Block> = messageCodec<L2Block>(
  L2BlockSchema,
  () => ({
    kind: 'l2Block',
    number: 0n,
    batchNumber: 0n,
    timestamp: 0n,
    deltaTimestamp: 0,
    minTimestamp: 0n,
    l1Blockhash: NO_BYTES,
    l1InfotreeIndex: 0,
    hash: NO_BYTES,
    stateRoot: NO_BYTES,
    globalExitRoot: NO_BYTES,
    coinbase: NO_BYTES,
    blockGasLimit: 0n,
    blockInfoRoot: NO_BYTES,
    baseFee: NO_BYTES,
    debug: undefined,
    unknown: undefined,
  }),
  nested,
)

export const protobufL2BlockEnd: EntryCodec<L2BlockEnd> = messageCodec<L2BlockEnd>(L2BlockEndSchema, () => ({
  kind: 'l2BlockEnd',
  number: 0n,
  unknown: undefined,
}))

export const protobufTransaction: EntryCodec<Transaction> = messageCodec<Transaction>(
  TransactionSchema,
  () => ({
    kind: 'transaction',
    l2blockNumber: 0n,
    index: 0n,
    isValid: false,
    encoded: NO_BYTES,
    effectiveGasPricePercentage: 0,
    imStateRoot: NO_BYTES,
    debug: undefined,
    unknown: undefined,
  }),
  nested,
)

export const protobufUpdateGer: EntryCodec<UpdateGer> = messageCodec<UpdateGer>(
  UpdateGERSchema,
  () => ({
    kind: 'updateGer',
    batchNumber: 0n,
    timestamp: 0n,
    globalExitRoot: NO_BYTES,
    coinbase: NO_BYTES,
    forkId: 0n,
    chainId: 0n,
    stateRoot: NO_BYTES,
    debug: undefined,
    unknown: undefined,
  }),
  nested,
)
