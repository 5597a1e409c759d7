export { type BlockHead, blockHead, type StateHead, stateHead, stateHeadBytes } from './era/beacon-layout.ts'
export type { EraDeviation } from './era/empty-marks.ts'
export { type EraBlock, EraFile, firstSlot, type OpenEraOptions } from './era/era-file.ts'
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
