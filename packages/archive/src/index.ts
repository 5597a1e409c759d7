export { Archive, type OpenArchiveOptions, type SegmentFile } from './archive/archive.ts'
export { isSegment, openSegment, type Segment } from './archive/open-segment.ts'
export { readBlock, readBlocks } from './archive/read-block.ts'
export { type SegmentReport, verifiedRuns, verifySegment } from './archive/verify-segment.ts'
export { type Codecs, portableCodecs } from './codecs/codecs.ts'
export type { ZstdDecoder, ZstdEncoder } from './codecs/zstd.ts'
export {
  ChainError,
  type ChainErrorCode,
  ExportError,
  type ExportErrorCode,
  SegmentError,
  type SegmentErrorCode,
  type SegmentStep,
} from './errors.ts'
export type { SegmentSink, WrittenSegment } from './export/segment-sequence.ts'
export { type WriteArchiveOptions, writeArchive } from './export/write-archive.ts'
export type { BlocksFrom } from './history/block-start.ts'
export type { AskOptions, BatchLimits, History } from './history/history.ts'
export type { HistoryNotice } from './history/history-notice.ts'
export type { HistoryOptions } from './history/history-options.ts'
export type { HistoryRun } from './history/history-run.ts'
export { type HistoryLocation, type OpenHistoryOptions, openHistory } from './history/open-history.ts'
export type { HistoryBlocksOptions } from './history/read-blocks.ts'
export type { Segment1 } from './layout-1/segment-1.ts'
export type { SegmentIndex } from './layout-1/segment-index.ts'
export { type BookmarkKey, bookmarkKey, homePage } from './layout-2/bookmark-key.ts'
export {
  type BookmarkPage,
  decodeBookmarkPage,
  type ExpectedPage,
  type PageRow,
  recordsOfKey,
} from './layout-2/bookmark-page.ts'
export { type BuildSegmentsOptions, buildSegments } from './layout-2/build-segments.ts'
export { type DecodedRecord, decodeRecord, type ExpectedRecord } from './layout-2/decode-record.ts'
export type { EncodedSegment } from './layout-2/encode-segment.ts'
export type { SegmentEndOptions } from './layout-2/end-rule.ts'
export { blockOfBookmark } from './layout-2/entry-facts.ts'
export type { ExpectedPiece } from './layout-2/piece.ts'
export { blockInRecord, entryInRecord, pagePosition, pagesOf, recordPosition } from './layout-2/pieces.ts'
export type { RecordHead } from './layout-2/record-head.ts'
export type { Segment2 } from './layout-2/segment-2.ts'
export { type BuiltSegment, SegmentBuilder, type SegmentBuilderOptions } from './layout-2/segment-builder.ts'
export { SegmentCutter, type SegmentCutterOptions, type SegmentPart } from './layout-2/segment-cutter.ts'
export type { RecordRow, SegmentBlocks, StreamIndex } from './layout-2/stream-index.ts'
export { HistoryError, type HistoryErrorCode, type HistoryErrorOptions } from './leaf/history-error.ts'
export type { EpochLeaf, SegmentLeaf } from './leaf/leaf.ts'
export type { HistoryProgress } from './mirror/history-progress.ts'
export { type MirrorHistoryOptions, type MirrorReport, mirrorHistory } from './mirror/mirror-history.ts'
export { type HistoryReport, type VerifyHistoryOptions, verifyHistory } from './mirror/verify-history.ts'
export type { Lag, Reach } from './publish/lag.ts'
export { PublishError, type PublishErrorCode } from './publish/publish-error.ts'
export type { OnPublishEvent, PublishEvent } from './publish/publish-event.ts'
export { publishHistory } from './publish/publish-history.ts'
export type { PublishHistoryOptions } from './publish/publish-options.ts'
export type { PublisherState } from './publish/publisher-state.ts'
export type { Sleep } from './publish/sleep.ts'
export type { StopSignal } from './publish/stop.ts'
export {
  type RestoreOptions,
  type RestoreResult,
  type RestoreTarget,
  restoreArchive,
  verifyBeginning,
} from './restore/restore-archive.ts'
export { type RestoreHistoryOptions, restoreHistory } from './restore/restore-history.ts'
export { streamStart } from './segment/digest-chain.ts'
export { type EntryRun, encodedEntries } from './segment/entry-run.ts'
export type { IdentityFields, SegmentHeader, SegmentLayout } from './segment/header.ts'
export { orderSegments, type SegmentFacts } from './segment/order-segments.ts'
export { type StreamPoint, samePoint } from './segment/point.ts'
export { SegmentRecordType } from './segment/record-type.ts'
export { parseSegmentName, type SegmentName, segmentNameOf } from './segment/segment-name.ts'
export type { VerifySegmentOptions } from './segment/verify-options.ts'
export { portableSha256, type Sha256 } from './sha256.ts'
