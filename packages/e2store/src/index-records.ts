export { type E2i, type E2iGeneration, MAX_E2I_COUNT } from './e2i/e2i.ts'
export { encodeE2i } from './e2i/encode.ts'
export { type IndexSlotsOptions, indexSlots } from './e2i/index-slots.ts'
export { type ReadE2iOptions, readE2i } from './e2i/read.ts'
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
export type { OffsetTable, TableRecord } from './index-records/offset-table.ts'
export {
  encodeSlotIndex,
  isEmptyMark,
  MAX_SLOT_INDEX_COUNT,
  readSlotIndex,
  SlotIndex,
  type SlotIndexInput,
  type SlotIndexOptions,
} from './index-records/slot-index.ts'
