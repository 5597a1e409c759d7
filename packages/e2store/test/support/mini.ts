import type { BeaconNetwork } from '../../src/verify-era.ts'

/** What is used of the facts about the recorded small chain. */
export interface MiniFacts {
  readonly chain: {
    readonly config: string
    readonly genesisValidatorsRoot: string
    readonly forkEpochs: Readonly<Record<string, number>>
    readonly forkVersions: Readonly<Record<string, string>>
    readonly blocks: readonly { readonly slot: number; readonly root: string; readonly sszLength: number }[]
    readonly states: readonly {
      readonly era: number
      readonly slot: number
      readonly root: string
      readonly eraRoot: string
      readonly sszLength: number
    }[]
    readonly emptySlots: readonly number[]
  }
  readonly files: readonly {
    readonly name: string
    readonly size: number
    readonly sha256: string
    readonly multi?: boolean
    readonly startSlot?: number
    readonly absolute?: readonly number[]
    readonly groups?: readonly MiniGroup[]
  }[]
}

export interface MiniGroup {
  readonly era: number
  readonly start?: number
  readonly length?: number
  readonly blockIndex?: MiniIndex | null
  readonly stateIndex?: MiniIndex
}

interface MiniIndex {
  readonly recordStart: number
  readonly startSlot: number
  readonly count: number
  readonly relative: readonly number[]
  readonly absolute: readonly number[]
}

/** The recorded small chain as a network: the minimal preset, with forks of its own. */
export function miniNetwork({ chain }: MiniFacts): BeaconNetwork {
  const epochs = Object.entries({ phase0: 0, ...chain.forkEpochs })
  return {
    config: chain.config,
    preset: 'minimal',
    genesisValidatorsRoot: chain.genesisValidatorsRoot,
    forks: epochs.map(([name, epoch]) => ({ name, epoch: BigInt(epoch), version: chain.forkVersions[name] ?? '' })),
  }
}
