import { type BlockTypes, blockTypes } from './block-types.ts'
import type { SszFork } from './fork.ts'
import { SSZ_PRESETS } from './preset.ts'
import { stateType } from './state-type.ts'
import type { SszContainer } from './type.ts'

/** The types of a fork: of its states and blocks. */
export interface BeaconTypes extends BlockTypes {
  readonly state: SszContainer
}

const known = new Map<string, BeaconTypes>()

/** The types of a fork in a preset, made once. */
export function beaconTypes(preset: keyof typeof SSZ_PRESETS, fork: SszFork): BeaconTypes {
  const key = `${preset} ${fork}`
  const types = known.get(key) ?? {
    ...blockTypes(fork, SSZ_PRESETS[preset]),
    state: stateType(fork, SSZ_PRESETS[preset]),
  }
  known.set(key, types)
  return types
}
