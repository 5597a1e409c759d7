import { BEACON_NETWORKS, type BeaconNetwork, beaconNetwork, type PresetName } from '@datastreamer/e2store/verify-era'
import { readText } from '@datastreamer/service'
import { UsageError } from '../errors.ts'

/** The known network that has this root of validators. */
export function networkOf(genesisValidatorsRoot: Uint8Array): BeaconNetwork | undefined {
  const root = Buffer.from(genesisValidatorsRoot).toString('hex')
  return Object.values(BEACON_NETWORKS).find((network) => network.genesisValidatorsRoot === root)
}

/** A network by its name, or from a JSON file that describes one. @throws {UsageError} @throws {ConfigError} `BAD_FILE` */
export function readNetwork(text: string): BeaconNetwork {
  const known = beaconNetwork(text)
  if (known !== undefined) return known
  const names = Object.keys(BEACON_NETWORKS).join(', ')
  const option = `--network: ${text} is none of ${names}, and no file that describes one`
  const description = readText(option, text)
  try {
    return checkNetwork(JSON.parse(description))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `${option}: ${why}`
    throw new UsageError('USAGE', message, { cause: error })
  }
}

function checkNetwork(value: unknown): BeaconNetwork {
  const { config, preset, genesisValidatorsRoot, forks } = fields(value, 'a network')
  if (typeof config !== 'string' || !isConfigName(config)) throw new TypeError('config is not a name')
  if (!isPreset(preset)) throw new TypeError('preset is none of mainnet, minimal, gnosis')
  if (!Array.isArray(forks) || forks.length === 0) throw new TypeError('forks is not a list')
  const root = hexOf(genesisValidatorsRoot, 32, 'genesisValidatorsRoot')
  return { config, preset, genesisValidatorsRoot: root, forks: forks.map(checkFork) }
}

function checkFork(value: unknown): BeaconNetwork['forks'][number] {
  const { name, epoch, version } = fields(value, 'a fork')
  if (typeof name !== 'string') throw new TypeError('a fork without a name')
  if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch) || epoch < 0) {
    throw new TypeError(`fork ${name} has no epoch`)
  }
  return { name, epoch: BigInt(epoch), version: hexOf(version, 4, `version of fork ${name}`) }
}

function fields(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return { ...value }
  throw new TypeError(`not ${what}`)
}

function hexOf(value: unknown, bytes: number, what: string): string {
  const digits = typeof value === 'string' ? value.replace(/^0x/, '').toLowerCase() : ''
  if (/^[0-9a-f]*$/.test(digits) && digits.length === 2 * bytes) return digits
  throw new TypeError(`${what} is not ${bytes} bytes in hex`)
}

function isPreset(value: unknown): value is PresetName {
  return value === 'mainnet' || value === 'minimal' || value === 'gnosis'
}

/** Whether a text can be in a file's name before the first hyphen and digits. */
export function isConfigName(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,63}$/i.test(text)
}
