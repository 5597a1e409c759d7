import { EVERY_PRESET, SSZ_PRESETS } from '@datastreamer/e2store/ssz'
import type { BeaconArchive } from '../archive/beacon-archive.ts'
import { BeaconError } from '../errors.ts'
import { type BeaconAnswer, jsonAnswer } from './answer.ts'

export function forkScheduleAnswer({ network }: BeaconArchive): BeaconAnswer {
  const data = network.forks.map(({ version, epoch }, i) => ({
    previous_version: `0x${network.forks[Math.max(0, i - 1)]?.version}`,
    current_version: `0x${version}`,
    epoch: String(epoch),
  }))
  return jsonAnswer({ data })
}

/** The constants that are known: those of the preset that types depend on, the forks, and the configuration's own. */
export function specAnswer({ network, values }: BeaconArchive): BeaconAnswer {
  const constants = Object.entries({ ...EVERY_PRESET, ...SSZ_PRESETS[network.preset] })
  const forks = network.forks.flatMap(({ name, epoch, version }, i) => {
    const prefix = name.toUpperCase()
    const fork: [string, string][] = [
      [`${prefix}_FORK_VERSION`, `0x${version}`],
      [`${prefix}_FORK_EPOCH`, String(epoch)],
    ]
    return i === 0 ? [['GENESIS_FORK_VERSION', `0x${version}`], ...(name === 'phase0' ? [] : fork)] : fork
  })
  const data: Record<string, string> = {
    CONFIG_NAME: network.config,
    PRESET_BASE: network.preset,
    ...Object.fromEntries(constants.map(([name, value]) => [name, String(value)])),
    ...(Object.fromEntries(forks) as Record<string, string>),
    ...values,
  }
  return jsonAnswer({ data })
}

/** @throws {BeaconError} `NOT_HELD`: the configuration does not say */
export function depositContractAnswer({ network, values }: BeaconArchive): BeaconAnswer {
  const { DEPOSIT_CHAIN_ID: chain, DEPOSIT_CONTRACT_ADDRESS: address } = values
  if (!chain || !address) {
    throw new BeaconError('NOT_HELD', `the deposit contract of ${network.config} is not known`)
  }
  return jsonAnswer({ data: { chain_id: chain, address } })
}
