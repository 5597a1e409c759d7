export { assembleBatches } from './assemble-batches.ts'
export { type AssembleBlocksOptions, assembleBlocks } from './assemble-blocks.ts'
export { BatchAssembler, type BatchAssemblerOptions, type FullBatch } from './batch-assembler.ts'
export { type BatchDump, batchDumpText, type DumpBatchOptions, dumpBatch } from './batch-dump.ts'
export { BlockAssembler, type BlockAssemblerOptions, type BlockLimits } from './block-assembler.ts'
export { batchBookmark, blockBookmark, decodeBookmark } from './bookmark.ts'
export { type EntryData, encodeSequencerEntry, entryKind } from './codec.ts'
export { decodeSequencerEntry } from './decode-entry.ts'
export { detectGeneration, generationByBookmark } from './detect-generation.ts'
export type { EntryIterable } from './entry-iterable.ts'
export {
  AssemblyLimitError,
  SequenceError,
  type SequenceErrorCode,
  SequencerEntryError,
  type SequencerEntryErrorCode,
} from './errors.ts'
export type { FullL2Block, FullTransaction } from './full-block.ts'
export { BatchType, BookmarkType } from './gen/datastream/v1/datastream_pb.ts'
export { type GenerateStreamOptions, generateStream, type Operation } from './generate-stream.ts'
export { GENERATIONS, type Generation, isGeneration, suggestGeneration } from './generation.ts'
export type {
  BatchEnd,
  BatchStart,
  Bookmark,
  Debug,
  EntryKind,
  KnownEntry,
  L2Block,
  L2BlockEnd,
  L2BlockFields,
  SequencerEntry,
  SequencerEntryInit,
  Transaction,
  UnknownEntry,
  UpdateGer,
} from './model.ts'
export { OperationBoundaries } from './operation-boundaries.ts'
export { checkSequence, SequenceChecker, type SequenceCheckOptions } from './sequence-checker.ts'
export type { SequenceFinding, SequenceFindingCode, SequenceSummary } from './sequence-finding.ts'
export { type BlockJson, blockToJson, type Json, toJson } from './to-json.ts'
