export type { BlockRun } from './folder/check-blocks.ts'
export type { EraRun, KnownEras } from './folder/check-eras.ts'
export { type CheckFolderOptions, checkFolder, type FolderReport } from './folder/check-folder.ts'
export { compareHistoryNames, type HistoryFileName, parseHistoryFileName } from './folder/file-name.ts'
export type { FindingCode, FolderFinding } from './folder/finding.ts'
export {
  type FoundBlock,
  type HeldBlocks,
  type HeldEras,
  type HeldFile,
  heldBlocks,
  heldEras,
} from './folder/held-file.ts'
