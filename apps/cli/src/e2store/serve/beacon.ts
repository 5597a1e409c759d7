import { parseEraName } from '@datastreamer/e2store/era'
import type { Location } from '@datastreamer/e2store/location'
import {
  BeaconArchive,
  BeaconError,
  knownNetwork,
  type NetworkDescription,
  parseNetworkConfig,
} from '@datastreamer/era-rpc/beacon'
import { ConfigError, type Log, readText } from '@datastreamer/service'
import type { Config } from './options.ts'

/**
 * The beacon chain whose files the first location with any has.
 *
 * @throws {ConfigError} it does not show which chain it is, or what its forks are
 * @throws {BeaconError} @throws {LocationError}
 */
export async function openBeacon(
  locations: readonly Location[],
  { beaconConfig, network }: Pick<Config, 'beaconConfig' | 'network'>,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<BeaconArchive | undefined> {
  const described = beaconConfig === undefined ? undefined : readDescription(beaconConfig)
  let first: { readonly location: Location; readonly chains: ReadonlySet<string> } | undefined
  for (const location of locations) {
    const listed = await location.list({ signal })
    const chains = new Set(listed.flatMap(({ name }) => parseEraName(name)?.config ?? []))
    if (chains.size === 0) continue
    first ??= { location, chains }
    if (first.location === location) continue
    log.warn('history-double', `${location.name}: its .era files are not served: those of ${first.location.name} are`)
  }
  if (first === undefined) return undefined
  const { location, chains } = first
  const named = network !== undefined && chains.has(network) ? knownNetwork(network) : undefined
  try {
    return await BeaconArchive.open(location, { network: described ?? named })
  } catch (error) {
    throw explained(error, described)
  }
}

/** What the options can do about chains that are not known, or not distinguished. */
function explained(error: unknown, described: NetworkDescription | undefined): unknown {
  if (!(error instanceof BeaconError)) return error
  if (error.code === 'UNKNOWN_NETWORK') {
    return new ConfigError('CONFLICT', `${error.message}: name its config.yaml by --beacon-config`, { cause: error })
  }
  if (error.code !== 'NO_ERAS') return error
  const hint = described === undefined ? ' (--network, or --beacon-config)' : ', which --beacon-config describes'
  return new ConfigError('CONFLICT', `${error.message}${hint}`, { cause: error })
}

function readDescription(path: string): NetworkDescription {
  const text = readText('--beacon-config', path)
  try {
    return parseNetworkConfig(text)
  } catch (error) {
    if (!(error instanceof BeaconError)) throw error
    throw new ConfigError('BAD_FILE', `--beacon-config: ${path}: ${error.message}`, { cause: error })
  }
}
