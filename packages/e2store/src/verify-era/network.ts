/** The presets of constants that SSZ types depend on, named as in the consensus specifications. */
export type PresetName = 'mainnet' | 'minimal' | 'gnosis'

/** A fork, with its lower-case name of the consensus specifications. */
export interface BeaconFork {
  readonly name: string
  readonly epoch: bigint
  /** Four bytes in hex. */
  readonly version: string
}

/** What distinguishes one beacon chain from another. */
export interface BeaconNetwork {
  readonly config: string
  readonly preset: PresetName
  /** 32 bytes in hex. */
  readonly genesisValidatorsRoot: string
  /** Ascending by epoch, from 0 on. */
  readonly forks: readonly BeaconFork[]
}

const FORK_NAMES = ['phase0', 'altair', 'bellatrix', 'capella', 'deneb', 'electra', 'fulu'] as const

function forks(version: (fork: number) => string, epochs: readonly number[]): readonly BeaconFork[] {
  return epochs.map((epoch, i) => ({ name: FORK_NAMES[i] as string, epoch: BigInt(epoch), version: version(i) }))
}

/** The public networks that are built in, by the name of their configuration. */
export const BEACON_NETWORKS: Readonly<
  Record<'mainnet' | 'sepolia' | 'holesky' | 'hoodi' | 'gnosis' | 'chiado', BeaconNetwork>
> = {
  mainnet: {
    config: 'mainnet',
    preset: 'mainnet',
    genesisValidatorsRoot: '4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95',
    forks: forks((i) => `0${i}000000`, [0, 74_240, 144_896, 194_048, 269_568, 364_032, 411_392]),
  },
  sepolia: {
    config: 'sepolia',
    preset: 'mainnet',
    genesisValidatorsRoot: 'd8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078',
    forks: forks((i) => (i === 0 ? '90000069' : `9000007${i - 1}`), [0, 50, 100, 56_832, 132_608, 222_464, 272_640]),
  },
  holesky: {
    config: 'holesky',
    preset: 'mainnet',
    genesisValidatorsRoot: '9143aa7c615a7f7115e2b6aac319c03529df8242ae705fba9df39b79c59fa8b1',
    forks: forks((i) => `0${i + 1}017000`, [0, 0, 0, 256, 29_696, 115_968, 165_120]),
  },
  hoodi: {
    config: 'hoodi',
    preset: 'mainnet',
    genesisValidatorsRoot: '212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f',
    forks: forks((i) => `${i + 1}0000910`, [0, 0, 0, 0, 0, 2048, 50_688]),
  },
  gnosis: {
    config: 'gnosis',
    preset: 'gnosis',
    genesisValidatorsRoot: 'f5dcb5564e829aab27264b9becd5dfaa017085611224cb3036f573368dbb9d47',
    forks: forks((i) => `0${i}000064`, [0, 512, 385_536, 648_704, 889_856, 1_337_856, 1_714_688]),
  },
  chiado: {
    config: 'chiado',
    preset: 'gnosis',
    genesisValidatorsRoot: '9d642dac73058fbf39c0ae41ab1e34e4d889043cb199851ded7095bc99eb4c1e',
    forks: forks((i) => `0${i}00006f`, [0, 90, 180, 244_224, 516_608, 948_224, 1_353_216]),
  },
}

/** The network that is built in with a name; `undefined` for any other name. */
export function beaconNetwork(config: string): BeaconNetwork | undefined {
  return Object.values(BEACON_NETWORKS).find((network) => network.config === config)
}

const SLOTS_PER_EPOCH: Readonly<Record<PresetName, bigint>> = { mainnet: 32n, minimal: 8n, gnosis: 16n }
const SLOTS_PER_ERA: Readonly<Record<PresetName, number>> = { mainnet: 8192, minimal: 64, gnosis: 8192 }

/** Slots of an era by preset. */
export function slotsPerEra(preset: PresetName): number {
  return SLOTS_PER_ERA[preset]
}

/** The fork that a slot is in. */
export function forkAt({ preset, forks: all, config }: BeaconNetwork, slot: bigint): BeaconFork {
  const epoch = slot / SLOTS_PER_EPOCH[preset]
  const fork = all.findLast((each) => each.epoch <= epoch)
  if (!fork) throw new RangeError(`network ${config} has no fork at epoch ${epoch}`)
  return fork
}
