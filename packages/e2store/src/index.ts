export type { AbortLike } from './abort.ts'
export { HeaderAccumulator } from './accumulator/header-accumulator.ts'
export { uint256Bytes, uint256Value } from './accumulator/merkle.ts'
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
export { type ArchiveOptions, BlockArchive, type BlockRange, type RawBlock } from './execution/archive/archive.ts'
export { type ArchiveIdentity, archiveIdentity, archiveName, checkName } from './execution/archive/archive-name.ts'
export {
  type Block,
  type BlockPayloads,
  type Columns,
  decodeBlock,
  decodeTotalDifficulty,
} from './execution/archive/block.ts'
export type { ArchiveKind, Column, Layout } from './execution/archive/layout.ts'
export { logsBloom } from './execution/blocks/bloom.ts'
export {
  type BlockBody,
  type BodyParts,
  decodeBody,
  encodeBody,
  splitBody,
  type Withdrawal,
} from './execution/blocks/body.ts'
export { type BlockHeader, decodeHeader, encodeHeader, isPostMerge } from './execution/blocks/header.ts'
export {
  decodeHeaderWithProof,
  encodeHeaderWithProof,
  type HeaderWithProof,
} from './execution/blocks/header-with-proof.ts'
export {
  accumulatorProofRoot,
  type BeaconProof,
  type BlockProof,
  beaconProofRoot,
  decodeProof,
  encodeProof,
  joinBeaconProof,
  type ProofType,
  proofTypeOf,
  splitBeaconProof,
} from './execution/blocks/proof.ts'
export {
  decodeReceipts,
  decodeSlimReceipts,
  encodeReceipt,
  encodeReceipts,
  encodeSlimReceipts,
  type Log,
  type Receipt,
  splitReceipts,
} from './execution/blocks/receipts.ts'
export {
  type Checksum,
  checksumOf,
  findChecksum,
  formatChecksums,
  type IncrementalHash,
  parseChecksums,
} from './execution/checksums.ts'
export { type E2hsOptions, openE2hs } from './execution/e2hs/open.ts'
export { type WriteE2hsOptions, writeE2hs } from './execution/e2hs/write.ts'
export type { SnapshotAccount, StorageSlot } from './execution/e2ss/account.ts'
export { openE2ss, Snapshot, type SnapshotItem, type SnapshotOptions } from './execution/e2ss/snapshot.ts'
export { type SnapshotReport, type VerifySnapshotOptions, verifyE2ss } from './execution/e2ss/verify.ts'
export {
  type SnapshotAccountInput,
  type WriteSnapshotOptions,
  type WrittenSnapshot,
  writeE2ss,
} from './execution/e2ss/write.ts'
export { openEra1 } from './execution/era1/open.ts'
export { writeEra1 } from './execution/era1/write.ts'
export { openEre } from './execution/ere/open.ts'
export { type WriteEreOptions, writeEre } from './execution/ere/write.ts'
export {
  type ArchiveName,
  type ArchiveProfile,
  formatArchiveName,
  formatSnapshotName,
  parseArchiveName,
  parseSnapshotName,
  type SnapshotName,
} from './execution/names.ts'
export type { Deviation } from './execution/verify/accumulators.ts'
export type { ChainStart } from './execution/verify/chain.ts'
export type { HistoryRoot, HistoryRoots } from './execution/verify/proof-checks.ts'
export { type VerifyOptions, type VerifyReport, verifyArchive } from './execution/verify/verify.ts'
export { archiveSource, type BlockSource } from './execution/write/block-source.ts'
export type { WriteOptions, WrittenArchive } from './execution/write/column-writer.ts'
export { era1ToE2hs, era1ToEre, ereToEra1 } from './execution/write/convert.ts'
export { defaultHashes, type Hashes, portableHashes } from './hash/hashes.ts'
export { type FileKind, identifyFile } from './identify.ts'
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
export { encodeRlp, type RawRlp, type RlpValue, rawRlp } from './rlp/encode.ts'
export { type RlpOrigin, RlpReader, readList } from './rlp/reader.ts'
export { portableSnappy, type SnappyCodec } from './snappy/codec.ts'
export { type FramedEncodeOptions, snappyFramedEncode } from './snappy/encode.ts'
export { type FramedDecodeOptions, snappyFramedDecode } from './snappy/framed.ts'
export { type FramedRegion, iterateFramed, readFramedPrefix } from './snappy/framed-source.ts'
export { EMPTY_TRIE_ROOT, orderedTrieRoot } from './trie/ordered-trie.ts'
export { StackTrie } from './trie/stack-trie.ts'
