import type { Location } from '@datastreamer/e2store/location'
import { nativeSnappy, openLocation } from '@datastreamer/e2store/node'
import { HistoryError, type OpenHistory, openHistory, type TrustedRoots } from '@datastreamer/era-history'
import { chainIdOf } from '@datastreamer/era-rpc'
import type { BeaconArchive } from '@datastreamer/era-rpc/beacon'
import { ConfigError, type ServiceContext } from '@datastreamer/service'
import { openBeacon } from './beacon.ts'
import type { Config } from './options.ts'
import { trustedRootsOf } from './trusted-roots.ts'

/** What is served. */
export interface ServedFiles extends AsyncDisposable {
  /** `undefined` where there are only files of beacon chains. */
  readonly history: OpenHistory | undefined
  /** `undefined` where there are none. */
  readonly beacon: BeaconArchive | undefined
  /** `undefined` where there are no blocks and it is not known. */
  readonly chainId: bigint | undefined
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
    const beacon = await openBeacon(locations, config, { log, signal })
    if (beacon !== undefined) opened.push(beacon)
    const history = await openBlocks(locations, config, { trustedRoots, signal }, beacon !== undefined)
    if (history !== undefined) opened.push(history)
    const chainId = chainIdFor(config, { history, beacon })
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

/**
 * The chain id: as it was named, of a network that is known, or as the configuration of its beacon chain has it. Files
 * without blocks need none, but a fallback does: it must be of the same chain.
 */
function chainIdFor(
  { chainId, fallback }: Config,
  { history, beacon }: Pick<ServedFiles, 'history' | 'beacon'>,
): bigint | undefined {
  const network = history?.network ?? beacon?.network.config
  const known = chainId ?? (network === undefined ? undefined : chainIdOf(network)) ?? chainIdIn(beacon, network)
  if (known !== undefined || (history === undefined && fallback === undefined)) return known
  throw new ConfigError('CONFLICT', `the chain id of ${network} is not known: name it by --chain-id`)
}

function chainIdIn(beacon: BeaconArchive | undefined, network: string | undefined): bigint | undefined {
  const { DEPOSIT_CHAIN_ID: id = '' } = beacon?.network.config === network ? (beacon?.values ?? {}) : {}
  return /^\d{1,20}$/.test(id) ? BigInt(id) : undefined
}
