import { parseExecutionArchiveName } from '@datastreamer/e2store/execution'
import type { Location } from '@datastreamer/e2store/location'
import { SIDECAR_EXTENSION } from '@datastreamer/e2store/sidecar'
import { HistoryError } from '../errors.ts'
import { HistoryFile } from './history-file.ts'

/** The archives of blocks that locations list, of one network. */
export interface ListedArchives {
  readonly network: string
  readonly files: readonly HistoryFile[]
}

/**
 * List the archives of blocks at locations.
 *
 * @param network whose; if there is one only, it need not be given
 * @throws {HistoryError} `NO_FILES`, `SEVERAL_NETWORKS`
 * @throws {LocationError} a location cannot be listed
 */
export async function listArchives(
  locations: readonly Location[],
  network: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ListedArchives> {
  const files: HistoryFile[] = []
  for (const location of locations) {
    const listed = await location.list(signal && { signal })
    const names = new Set(listed.map(({ name }) => name))
    for (const { name, size } of listed) {
      const parsed = parseExecutionArchiveName(name)
      if (parsed === undefined || (network !== undefined && parsed.network !== network)) continue
      const sidecar = names.has(name + SIDECAR_EXTENSION) ? name + SIDECAR_EXTENSION : undefined
      files.push(new HistoryFile({ location, name, parsed, size, sidecar }))
    }
  }
  const networks = [...new Set(files.map(({ parsed }) => parsed.network))]
  const [only] = networks
  const where = locations.map(({ name }) => name).join(', ')
  if (only === undefined) {
    const what = network === undefined ? 'no archive of blocks' : `no archive of blocks of ${network}`
    throw new HistoryError('NO_FILES', `${what} (.era1, .ere, .erae or .e2hs) at ${where}`)
  }
  if (networks.length > 1) {
    throw new HistoryError('SEVERAL_NETWORKS', `files of ${networks.join(', ')} at ${where}: choose a network`)
  }
  return { network: only, files }
}
