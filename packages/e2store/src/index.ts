export type { AbortLike } from './abort.ts'
export { openEra } from './era/era-file.ts'
export {
  ByteSourceError,
  ContentError,
  E2FormatError,
  E2StoreError,
  type FormatCode,
  LimitError,
  NotInFileError,
  type Step,
  UnexpectedEndError,
  type VerificationCode,
  VerificationError,
} from './errors.ts'
export { openE2hs } from './execution/e2hs/open.ts'
export { openE2ss } from './execution/e2ss/snapshot.ts'
export { openEra1 } from './execution/era1/open.ts'
export { openEre } from './execution/ere/open.ts'
export { type FileKind, identifyFile } from './identify.ts'
export { buffered, DEFAULT_WINDOW_BYTES } from './io/buffered.ts'
export { type ByteSink, type MemorySink, toBytes } from './io/byte-sink.ts'
export { type BlobLike, type ByteRange, type ByteSource, fromBlob, fromBytes } from './io/byte-source.ts'
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
