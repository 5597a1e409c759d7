export { type BeaconTypes, beaconTypes } from './ssz/beacon-types.ts'
export { blockHeader as blockHeaderType } from './ssz/common-types.ts'
export { defaultValue } from './ssz/default-value.ts'
export { isSszFork, SSZ_FORKS, type SszFork } from './ssz/fork.ts'
export { type SszJson, sszJson } from './ssz/json.ts'
export { EVERY_PRESET, type SharedConstants, SSZ_PRESETS, type SszPreset } from './ssz/preset.ts'
export { hashTreeRoot } from './ssz/root.ts'
export { StateReader, type StreamedRoot } from './ssz/state-reader.ts'
export {
  type FieldLayout,
  type FixedPart,
  fixedPart,
  type SszContainer,
  type SszField,
  type SszType,
} from './ssz/type.ts'
