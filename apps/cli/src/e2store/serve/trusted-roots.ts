import { type ChecksumList, parseExecutionArchiveName } from '@datastreamer/e2store/execution'
import type { TrustedRoots } from '@datastreamer/era-history'
import { ConfigError, type Log } from '@datastreamer/service'
import { UsageError } from '../../errors.ts'
import { readList } from '../lists.ts'
import { readHistory } from '../verify-folder.ts'
import type { Config } from './options.ts'

/** The roots that the options say are to be trusted. @throws {ConfigError} @throws {FileError} */
export async function trustedRootsOf(
  { accumulators, historyRoots }: Config,
  log: Log,
  signal: AbortSignal,
): Promise<TrustedRoots> {
  return {
    ...(accumulators !== undefined && { accumulator: readAccumulators(accumulators, log) }),
    ...(historyRoots !== undefined && { historyRoots: await readHistoryRoots(historyRoots, signal) }),
  }
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
