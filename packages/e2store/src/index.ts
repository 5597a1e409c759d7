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
export { buffered, DEFAULT_WINDOW_BYTES } from './io/buffered.ts'
export { type ByteSink, type MemorySink, toBytes } from './io/byte-sink.ts'
export { type BlobLike, type ByteSource, fromBlob, fromBytes } from './io/byte-source.ts'
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
export { decodeRecords, type StreamOptions } from './records/stream.ts'
export { RecordWriter } from './records/write.ts'
export { portableSnappy, type SnappyCodec } from './snappy/codec.ts'
export { type FramedEncodeOptions, snappyFramedEncode } from './snappy/encode.ts'
export { type FramedDecodeOptions, snappyFramedDecode } from './snappy/framed.ts'
