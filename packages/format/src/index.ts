export { type Bytes, concatBytes, viewOf } from './bytes.ts'
export {
  type Command,
  type CommandName,
  CommandNumber,
  type DecodedCommand,
  decodeCommand,
  type ExtensionCommand,
  type ExtensionName,
  encodeCommand,
  MAX_COMMAND_BYTES,
} from './command.ts'
export { type Compressed, decodeCompressed, encodeCompressed, MAX_COMPRESSED_SIZE } from './compressed.ts'
export {
  BOOKMARK_TYPE,
  ENTRY_HEAD_BYTES,
  HEADER_PAGE_BYTES,
  MAX_BOOKMARK_BYTES,
  MAX_ENTRY_BYTES,
  MAX_ENTRY_DATA_BYTES,
  NOT_FOUND_TYPE,
  PAGE_BYTES,
  PacketType,
  SEQUENCER_STREAM_TYPE,
} from './constants.ts'
export {
  decodeEntries,
  decodeEntry,
  type Entry,
  type EntryPacketType,
  encodeEntry,
  NOT_FOUND_ENTRY,
  sameEntry,
} from './entry.ts'
export {
  type EntriesFrom,
  type EntriesOptions,
  type EntriesTo,
  type EntrySource,
  NotFoundError,
  type NotFoundErrorCode,
  type Signal,
  TruncatedError,
  type TruncatedErrorCode,
  type U64,
  u64Of,
} from './entry-source.ts'
export { entryTypesOf, MAX_ENTRY_TYPES } from './entry-types.ts'
export { FormatError, type FormatErrorCode, StreamError } from './errors.ts'
export {
  decodeHeaderEntry,
  decodeHeaderPage,
  defaultMagic,
  encodeHeaderEntry,
  encodeHeaderPage,
  type Header,
  type HeaderGeneration,
  headerEntryOffset,
  type MagicOptions,
} from './header.ts'
export type { HistorySource } from './history-source.ts'
export { InternalError, invariant } from './invariant.ts'
export { decodeOperationBoundary, encodeOperationBoundary, type OperationBoundary } from './operation-boundary.ts'
export type { OperationEvent, OperationSource } from './operation-source.ts'
export type { Packet } from './packet.ts'
export { PacketReader, type PacketReaderOptions } from './packet-reader.ts'
export { bytesLeftInPage, isWholePages, pageOf, pageStart, pagesInUse, placeEntry } from './pages.ts'
export { decodeProgress, encodeProgress, type Progress } from './progress.ts'
export { type BlobLike, type FileEntries, readEntries, type StreamFile } from './read-entries.ts'
export {
  decodeResult,
  encodeResult,
  MAX_RESULT_BYTES,
  RESULT_TEXT,
  type Result,
  ResultCode,
  type ResultCodeName,
  resultCodeName,
} from './result.ts'
export { type Run, walkRun } from './run.ts'
export {
  type DigestSignature,
  decodeRunningDigest,
  encodeRunningDigest,
  type RunningDigest,
  type SignedDigest,
} from './running-digest.ts'
