import { parseEraName } from '@datastreamer/e2store/era'
import type { Location } from '@datastreamer/e2store/location'
import { nativeSnappy, openLocation } from '@datastreamer/e2store/node'
import { HistoryError, type OpenHistory, openHistory, type TrustedRoots } from '@datastreamer/era-history'
import { chainIdOf } from '@datastreamer/era-rpc'
import { BeaconArchive, parseNetworkConfig } from '@datastreamer/era-rpc/beacon'
import { ConfigError, readText, type ServiceContext } from '@datastreamer/service'
import type { Config } from './options.ts'
import { trustedRootsOf } from './trusted-roots.ts'

/** What is served. */
export interface ServedFiles extends AsyncDisposable {
  /** `undefined` where there are only files of beacon chains. */
  readonly history: OpenHistory | undefined
  /** `undefined` where there are none. */
  readonly beacon: BeaconArchive | undefined
  readonly chainId: bigint
  /** How far files are trusted, in words. */
  readonly trust: string
}

/**
 * Open the files of all locations.
 *
 * @throws {ConfigError} @throws {LocationError} @throws {HistoryError} @throws {BeaconError}
 */
export async function openFiles(config: Config, { log, signal }: ServiceContext): Promise<ServedFiles> {
  const names = config.locations ?? []
  if (names.length === 0) throw new ConfigError('BAD_COMMAND_LINE', 'name a folder or an address of files')
  const { roots: trustedRoots, text } = await trustedRootsOf(config, log, signal)
  const opened: AsyncDisposable[] = []
  const close = async (): Promise<void> => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]()
  }
  try {
    const locations: Location[] = []
    for (const name of names) locations.push(await openLocation(name))
    opened.push(...locations)
    const beacon = await openBeacon(locations, config, signal)
    if (beacon !== undefined) opened.push(beacon)
    const history = await openBlocks(locations, config, { trustedRoots, signal }, beacon !== undefined)
    if (history !== undefined) opened.push(history)
    const chainId = config.chainId ?? knownChainId(history?.network ?? beacon?.network.config)
    const trust = config.trust === 'none' ? 'none' : `${config.trust}: ${text}`
    return { history, beacon, chainId, trust, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openBlocks(
  locations: readonly Location[],
  { network, trust }: Config,
  known: { readonly trustedRoots: TrustedRoots; readonly signal: AbortSignal },
  mayBeNone: boolean,
): Promise<OpenHistory | undefined> {
  const codec = await nativeSnappy()
  const archive = codec === undefined ? {} : { codec }
  try {
    return await openHistory(locations, { trust, archive, ...known, ...(network !== undefined && { network }) })
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error
    if (error.code === 'NO_FILES' && mayBeNone) return undefined
    if (error.code === 'SEVERAL_NETWORKS') throw new ConfigError('CONFLICT', `${error.message} (--network)`)
    throw error
  }
}

/** The first location that has files of a beacon chain. */
async function openBeacon(
  locations: readonly Location[],
  { beaconConfig }: Config,
  signal: AbortSignal,
): Promise<BeaconArchive | undefined> {
  const network = beaconConfig === undefined ? undefined : parseNetworkConfig(readText('--beacon-config', beaconConfig))
  for (const location of locations) {
    const listed = await location.list({ signal })
    if (listed.some(({ name }) => parseEraName(name) !== undefined)) return BeaconArchive.open(location, { network })
  }
  return undefined
}

function knownChainId(network: string | undefined): bigint {
  const known = network === undefined ? undefined : chainIdOf(network)
  if (known !== undefined) return known
  throw new ConfigError('CONFLICT', `the chain id of ${network ?? 'these files'} is not known: name it by --chain-id`)
}
