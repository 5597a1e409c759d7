export { HeaderAccumulator } from './accumulator/header-accumulator.ts'
export { uint256Bytes, uint256Value } from './accumulator/merkle.ts'
export { type ArchiveOptions, BlockArchive, type BlockRange, type RawBlock } from './execution/archive/archive.ts'
export {
  type ArchiveIdentity,
  archiveIdentity,
  checkExecutionArchiveName,
  executionArchiveNameOf,
} from './execution/archive/archive-name.ts'
export {
  type Block,
  type BlockPayloads,
  type Columns,
  decodeBlock,
  decodeTotalDifficulty,
  headerRlpOf,
} from './execution/archive/block.ts'
export type { Deviation, DeviationCode } from './execution/archive/deviation.ts'
export type { ArchiveKind, Column, Layout } from './execution/archive/layout.ts'
export {
  type BlockBody,
  type BodyParts,
  decodeBody,
  encodeBody,
  splitBody,
  type Withdrawal,
} from './execution/blocks/body.ts'
export {
  type AuraSeal,
  type BlockHeader,
  decodeHeader,
  encodeHeader,
  type HeaderLinks,
  isPostMerge,
} from './execution/blocks/header.ts'
export {
  decodeHeaderWithProof,
  encodeHeaderWithProof,
  type HeaderWithProof,
} from './execution/blocks/header-with-proof.ts'
export { type EventLog, logsBloom } from './execution/blocks/logs.ts'
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
  type Receipt,
  splitReceipts,
} from './execution/blocks/receipts.ts'
export {
  type BadLine,
  type Checksum,
  ChecksumFinder,
  type ChecksumList,
  checksumOf,
  formatChecksums,
  type IncrementalHash,
  type ListedChecksum,
  parseChecksums,
} from './execution/checksums.ts'
export { ConversionError, type ConvertArchiveOptions, convertArchive } from './execution/convert/convert-archive.ts'
export type { E2hsOptions } from './execution/e2hs/open.ts'
export { type WriteE2hsOptions, writeE2hs } from './execution/e2hs/write.ts'
export type { SnapshotAccount, StorageSlot } from './execution/e2ss/account.ts'
export { Snapshot, type SnapshotItem, type SnapshotOptions } from './execution/e2ss/snapshot.ts'
export { type SnapshotReport, type VerifySnapshotOptions, verifyE2ss } from './execution/e2ss/verify.ts'
export {
  type SnapshotAccountInput,
  type WriteSnapshotOptions,
  type WrittenSnapshot,
  writeE2ss,
} from './execution/e2ss/write.ts'
export { writeEra1 } from './execution/era1/write.ts'
export { type WriteEreOptions, writeEre } from './execution/ere/write.ts'
export {
  type ArchiveProfile,
  type ExecutionArchiveName,
  formatExecutionArchiveName,
  formatSnapshotName,
  parseExecutionArchiveName,
  parseSnapshotName,
  type SnapshotName,
} from './execution/names.ts'
export { type BlockCounts, checkContents } from './execution/verify/block-checks.ts'
export type { ChainStart } from './execution/verify/chain.ts'
export type { HistoryRoot, HistoryRoots } from './execution/verify/proof-checks.ts'
export { type ExecutionReport, type VerifyExecutionOptions, verifyArchive } from './execution/verify/verify.ts'
export { type BlockSource, blockSourceOf } from './execution/write/block-source.ts'
export type { WriteOptions, WrittenArchive } from './execution/write/column-writer.ts'
export { era1ToE2hs, era1ToEre, ereToEra1 } from './execution/write/convert.ts'
export { defaultHashes, type Hashes, portableHashes } from './hash/hashes.ts'
export { encodeRlp, type RawRlp, type RlpValue, rawRlp } from './rlp/encode.ts'
export { type RlpOrigin, RlpReader, readList } from './rlp/reader.ts'
export { EMPTY_TRIE_ROOT, orderedTrieRoot } from './trie/ordered-trie.ts'
export { StackTrie } from './trie/stack-trie.ts'
