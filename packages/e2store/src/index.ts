export type { AbortLike } from './abort.ts'
export {
  type BlockHead,
  blockHead,
  type StateHead,
  stateHead,
  stateHeadBytes,
} from './era/beacon-layout.ts'
export { type EraBlock, EraFile, firstSlot, type OpenEraOptions, openEra } from './era/era-file.ts'
export { EraWriter, type EraWriterOptions } from './era/era-writer.ts'
export type { EraGroup, EraOptions } from './era/group.ts'
export { type EraItem, iterateEraItems, type LegacyEraOptions } from './era/legacy-era.ts'
export {
  type EraName,
  eraNameOf,
  formatEraName,
  type LegacyEraName,
  parseEraName,
  parseLegacyEraName,
} from './era/name.ts'
export { eraRoot } from './era/roots.ts'
export { mergeEras, writeGroup } from './era/split-merge.ts'
export {
  type CheckedBlock,
  type EraChecks,
  type EraReport,
  type VerifyEraOptions,
  verifyEra,
} from './era/verify-era.ts'
export {
  ContentError,
  E2FormatError,
  E2StoreError,
  type FormatCode,
  LimitError,
  NotFoundError,
  SourceError,
  type Step,
  TruncatedError,
  type VerificationCode,
  VerificationError,
} from './errors.ts'
export {
  BlockIndex,
  type BlockIndexInput,
  chooseBase,
  encodeBlockIndex,
  type OffsetBase,
  readBlockIndex,
} from './index-records/block-index.ts'
export {
  DynamicBlockIndex,
  type DynamicBlockIndexInput,
  encodeDynamicBlockIndex,
  readDynamicBlockIndex,
} from './index-records/dynamic-block-index.ts'
export {
  type E2i,
  type E2iGeneration,
  encodeE2i,
  MAX_E2I_COUNT,
  type ReadE2iOptions,
  readE2i,
} from './index-records/e2i.ts'
export {
  encodeSlotIndex,
  isEmptyMark,
  MAX_SLOT_INDEX_COUNT,
  readSlotIndex,
  SlotIndex,
  type SlotIndexInput,
  type SlotIndexOptions,
} from './index-records/slot-index.ts'
export { type IndexSlotsOptions, indexSlots } from './index-records/slot-of-record.ts'
export { buffered, DEFAULT_WINDOW_BYTES } from './io/buffered.ts'
export { type ByteSink, type MemorySink, toBytes } from './io/byte-sink.ts'
export { type BlobLike, type ByteSource, fromBlob, fromBytes } from './io/byte-source.ts'
export { Census, type TypeCount, takeCensus } from './records/census.ts'
export { concatFiles, findParts, type Part, planParts, writePart } from './records/concat.ts'
export { type IterateOptions, iterateHeaders, iterateRecords, RecordCursor } from './records/iterate.ts'
export {
  decodeRecordHeader,
  type E2Record,
  encodeRecord,
  encodeRecordHeader,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  type RecordOptions,
  readRecord,
  readRecordHeader,
} from './records/record.ts'
export {
  defaultMaxRecordBytes,
  isVendorType,
  RecordType,
  recordTypeHex,
  recordTypeName,
} from './records/record-type.ts'
export { findWholeEnd, type WholeEnd } from './records/repair.ts'
export { decodeRecords, type StreamOptions } from './records/stream.ts'
export { RecordWriter } from './records/write.ts'
export { portableSnappy, type SnappyCodec } from './snappy/codec.ts'
export { type FramedEncodeOptions, snappyFramedEncode } from './snappy/encode.ts'
export { type FramedDecodeOptions, snappyFramedDecode } from './snappy/framed.ts'
export { type FramedRegion, iterateFramed, readFramedPrefix } from './snappy/framed-source.ts'
