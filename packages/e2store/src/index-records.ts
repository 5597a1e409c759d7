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
