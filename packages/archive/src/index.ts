export { Archive, type OpenArchiveOptions, type SegmentFile } from './archive.ts'
export { samePoint } from './digest-chain.ts'
export { type EntryRun, encodedEntries } from './entry-run.ts'
export {
  ChainError,
  type ChainErrorCode,
  ExportError,
  type ExportErrorCode,
  SegmentError,
  type SegmentErrorCode,
  type SegmentStep,
} from './errors.ts'
export {
  type IdentityFields,
  type SegmentEnd,
  type SegmentHeader,
  SegmentRecordType,
  type StreamPoint,
} from './layout.ts'
export { isSegment, openSegment } from './open-segment.ts'
export { orderSegments, type SegmentFacts } from './order-segments.ts'
export {
  type RestoreOptions,
  type RestoreResult,
  type RestoreTarget,
  restoreArchive,
  verifyBeginning,
} from './restore.ts'
export type { Segment } from './segment.ts'
export { readBlock, readBlocks } from './segment-blocks.ts'
export type { SegmentIndex } from './segment-index.ts'
export { parseSegmentName, type SegmentName, segmentNameOf } from './segment-name.ts'
export type { SegmentSink, WrittenSegment } from './segment-sequence.ts'
export { portableSha256, type Sha256 } from './sha256.ts'
export { type SegmentReport, type VerifySegmentOptions, verifiedRuns, verifySegment } from './verify-segment.ts'
export { type WriteArchiveOptions, writeArchive } from './write-archive.ts'
