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
  encodeSlotIndex,
  isEmptyMark,
  readSlotIndex,
  SlotIndex,
  type SlotIndexInput,
  type SlotIndexOptions,
} from './index-records/slot-index.ts'
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
