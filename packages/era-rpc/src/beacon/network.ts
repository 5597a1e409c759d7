import { SSZ_FORKS } from '@datastreamer/e2store/ssz'
import { type BeaconFork, type BeaconNetwork, beaconNetwork, type PresetName } from '@datastreamer/e2store/verify-era'
import { BeaconError } from './errors.ts'

/** A network as it is described: what the files know better may be absent. */
export interface NetworkDescription extends Omit<BeaconNetwork, 'genesisValidatorsRoot'> {
  /** 32 bytes in hex; absent: as in the files. */
  readonly genesisValidatorsRoot?: string
  /** More values of the configuration, as `/eth/v1/config/spec` answers them. */
  readonly values?: Readonly<Record<string, string>>
}

const MAINNET_DEPOSITS = '0x00000000219ab540356cBB839Cbe05303d7705Fa'

const KNOWN_VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  mainnet: values('12', '1', MAINNET_DEPOSITS),
  sepolia: values('12', '11155111', '0x7f02C3E3c98b133055B8B348B2Ac625669Ed295D'),
  hoodi: values('12', '560048', MAINNET_DEPOSITS),
  gnosis: values('5', '100', '0x0B98057eA310F4d31F2a452B414647007d1645d9'),
}

function values(seconds: string, chain: string, contract: string): Readonly<Record<string, string>> {
  return {
    SECONDS_PER_SLOT: seconds,
    DEPOSIT_CHAIN_ID: chain,
    DEPOSIT_NETWORK_ID: chain,
    DEPOSIT_CONTRACT_ADDRESS: contract,
  }
}

/** A network that is built in; `undefined` for any other name. */
export function knownNetwork(name: string): NetworkDescription | undefined {
  const network = beaconNetwork(name)
  return network && { ...network, values: KNOWN_VALUES[name] ?? {} }
}

const NEVER = 2n ** 64n - 1n
const PRESETS: readonly PresetName[] = ['mainnet', 'minimal', 'gnosis']

/**
 * A network from the text of its `config.yaml`, the file that consensus clients are configured with: lines of a name, a
 * colon and a value. What is nested is not read.
 *
 * @throws {BeaconError} `BAD_CONFIG`
 */
export function parseNetworkConfig(text: string): NetworkDescription {
  const read = new Map<string, string>()
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const [, name, value] = /^([A-Z][A-Z0-9_]*):\s*(?:"([^"]*)"|'([^']*)'|([^#\s]+))/.exec(line)?.filter(Boolean) ?? []
    if (name && value) read.set(name, value)
  }
  const wanted = (name: string): string => {
    const value = read.get(name)
    if (value === undefined) throw new BeaconError('BAD_CONFIG', `no ${name} in the network's configuration`)
    return value
  }
  const preset = PRESETS.find((each) => each === wanted('PRESET_BASE'))
  if (!preset)
    throw new BeaconError('BAD_CONFIG', `PRESET_BASE ${wanted('PRESET_BASE')}, expected ${PRESETS.join(', ')}`)
  return {
    config: wanted('CONFIG_NAME'),
    preset,
    forks: forksOf(read, wanted),
    values: Object.fromEntries(read),
  }
}

function forksOf(read: ReadonlyMap<string, string>, wanted: (name: string) => string): readonly BeaconFork[] {
  const forks: BeaconFork[] = []
  for (const name of SSZ_FORKS) {
    const prefix = name === 'phase0' ? 'GENESIS' : name.toUpperCase()
    const epoch = name === 'phase0' ? '0' : read.get(`${prefix}_FORK_EPOCH`)
    if (epoch === undefined || epoch === String(NEVER)) continue
    const version = wanted(`${prefix}_FORK_VERSION`)
    if (!/^\d{1,20}$/.test(epoch) || !/^0x[0-9a-fA-F]{8}$/.test(version)) {
      throw new BeaconError('BAD_CONFIG', `fork ${name} at epoch ${epoch} with version ${version}`)
    }
    forks.push({ name, epoch: BigInt(epoch), version: version.slice(2).toLowerCase() })
  }
  return forks
}
