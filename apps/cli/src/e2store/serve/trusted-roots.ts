import { type ChecksumList, parseExecutionArchiveName } from '@datastreamer/e2store/execution'
import { type KnownRoots, knownAccumulators } from '@datastreamer/e2store/trusted'
import type { TrustedRoots } from '@datastreamer/era-history'
import { ConfigError, type Log } from '@datastreamer/service'
import { UsageError } from '../../errors.ts'
import { readList } from '../lists.ts'
import { readHistory } from '../verify-folder.ts'
import type { Config } from './options.ts'

/** Roots that files are compared with, and in words which. */
export interface ChosenRoots {
  readonly roots: TrustedRoots
  readonly text: string
}

/**
 * The roots that the options say are to be trusted. Those of mainnet that are built in are used where the network is named,
 * or trusted roots are required: a file by that name alone may be of a test.
 *
 * @throws {ConfigError} @throws {FileError}
 */
export async function trustedRootsOf(config: Config, log: Log, signal: AbortSignal): Promise<ChosenRoots> {
  const { accumulators, historyRoots, network, trust } = config
  const isCompared = accumulators === undefined && (network !== undefined || trust === 'require')
  const known = isCompared ? await knownAccumulators('mainnet') : undefined
  const accumulator = accumulators === undefined ? known && ofMainnet(known) : readAccumulators(accumulators, log)
  const texts = [
    ...(accumulators === undefined ? [] : ['--accumulators']),
    ...(known === undefined ? [] : ['the roots of mainnet that are built in']),
    ...(historyRoots === undefined ? [] : ['--history-roots']),
  ]
  const roots = {
    ...(accumulator && { accumulator }),
    ...(historyRoots !== undefined && { historyRoots: await readHistoryRoots(historyRoots, signal) }),
  }
  return { roots, text: texts.length === 0 ? 'true in themselves, without trusted roots' : `by ${texts.join(', ')}` }
}

function ofMainnet(known: KnownRoots): NonNullable<TrustedRoots['accumulator']> {
  return (network, era) => (network === 'mainnet' ? known.at(era) : undefined)
}

/** By the names of files, or in their order from file 0 on. */
function readAccumulators(path: string, log: Log): (network: string, era: number) => Uint8Array | undefined {
  const { entries, badLines } = readNoted(path, log)
  const isInOrder = badLines.length === 0 && entries.every(({ name }) => name === undefined)
  const roots = new Map<number, string>()
  for (const [at, { name, sha256 }] of entries.entries()) {
    const era = isInOrder ? at : name === undefined ? undefined : parseExecutionArchiveName(name)?.era
    if (era !== undefined) roots.set(era, sha256)
  }
  if (roots.size === 0)
    throw new ConfigError('BAD_FILE', `--accumulators: ${path} does not say of which files its hashes are`)
  return (_, era) => {
    const root = roots.get(era)
    return root === undefined ? undefined : Uint8Array.from(Buffer.from(root, 'hex'))
  }
}

function readNoted(path: string, log: Log): ChecksumList {
  try {
    return readList('--accumulators', path, (line) => log.warn('list-line-bad', line))
  } catch (error) {
    if (error instanceof UsageError) throw new ConfigError('BAD_FILE', error.message, { cause: error })
    throw error
  }
}

async function readHistoryRoots(path: string, signal: AbortSignal): Promise<NonNullable<TrustedRoots['historyRoots']>> {
  const history = await readHistory(path, {}, signal)
  if (history !== undefined) return () => history.historyRoots
  throw new ConfigError('BAD_VALUE', `--history-roots: ${path} is of a network that is not known`)
}
