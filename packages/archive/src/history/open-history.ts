import type { Objects } from '@datastreamer/e2store/objects'
import { portableSha256 } from '../sha256.ts'
import { Bundles } from './bundles.ts'
import { Checkpoints } from './checkpoints.ts'
import { History } from './history.ts'
import { HistoryLog } from './history-log.ts'
import { type HistoryOptions, settingsOf } from './history-options.ts'
import { Mirrors } from './mirrors.ts'
import { Pace } from './pace.ts'
import { Records } from './records.ts'

/**
 * Open a history: one or two requests.
 *
 * @param from where it is; of several copies, what one does not have is read from the next
 * @throws {HistoryError}
 * @see docs/spec/history.md §4
 */
export async function openHistory(
  from: Objects | readonly Objects[],
  options: HistoryOptions = {},
): Promise<History> {
  const bases = [from].flat() as readonly Objects[]
  const settings = settingsOf(options)
  const { signal, onNotice = () => undefined, codecs } = options
  if (codecs === undefined) throw new TypeError('not yet')
  const { sha256 = portableSha256 } = codecs
  const keys = [options.publicKey ?? []].flat().map((key) => (typeof key === 'string' ? { name: key } : key))
  if (keys.length === 0) {
    onNotice({ code: 'AUTHOR_UNCHECKED', message: 'no public key was given: nobody vouches for the root of the log' })
  }
  const mirrors = new Mirrors(bases, {
    missingRetries: settings.missingRetries,
    onNotice,
    pace: new Pace(options.clock),
  })
  const checkpoints = new Checkpoints(mirrors, keys, onNotice)
  const seen = options.checkpoint === undefined ? undefined : await checkpoints.open(options.checkpoint as Uint8Array)
  const reading = { mirrors, bundles: new Bundles(mirrors, sha256), sha256, onNotice }
  const log = await HistoryLog.open(checkpoints, reading, seen, signal)
  const records = new Records(mirrors, codecs, settings.cacheBytes)
  return new History(bases[0]?.name ?? '', log, records, settings, async () => {})
}
