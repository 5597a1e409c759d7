import type { Objects } from '@datastreamer/e2store/objects'
import { parseVerifierKey, type VerifierKey } from '@datastreamer/format/signing'
import { portableCodecs } from '../codecs/codecs.ts'
import { utf8 } from '../tlog/text.ts'
import { Bundles } from './bundles.ts'
import { Checkpoints } from './checkpoints.ts'
import { History } from './history.ts'
import { HistoryLog } from './history-log.ts'
import { type HistoryOptions, settingsOf } from './history-options.ts'
import { Mirrors } from './mirrors.ts'
import { Pace } from './pace.ts'
import { Records } from './records.ts'

/**
 * Open a history in objects: two requests. Objects stay open when the history is disposed of.
 *
 * @param bases copies of it: what one does not have is read from the next
 * @throws {HistoryError} @throws {KeyError} @throws {RangeError} if an option is out of range
 * @see docs/spec/history.md §4
 */
export async function openHistoryIn(bases: readonly Objects[], options: HistoryOptions = {}): Promise<History> {
  const [first] = bases
  if (first === undefined) throw new RangeError('no place to read a history from')
  const settings = settingsOf(options)
  const { signal, onNotice = () => undefined, codecs = portableCodecs } = options
  const keys = await keysOf(options)
  if (keys.length === 0) {
    onNotice({ code: 'AUTHOR_UNCHECKED', message: 'no public key was given: nobody vouches for the root of the log' })
  }
  const { missingRetries } = settings
  const mirrors = new Mirrors(bases, { missingRetries, onNotice, pace: new Pace(options.clock) })
  const checkpoints = new Checkpoints(mirrors, keys, onNotice)
  const seen = options.checkpoint === undefined ? undefined : await checkpoints.open(utf8(options.checkpoint))
  const { sha256 } = codecs
  const reading = { mirrors, bundles: new Bundles(mirrors, sha256), sha256, onNotice }
  const log = await HistoryLog.open(checkpoints, reading, seen, signal)
  return new History({ name: first.name, log, records: new Records(mirrors, codecs, settings.cacheBytes), settings })
}

async function keysOf({ publicKey = [] }: HistoryOptions): Promise<readonly VerifierKey[]> {
  const given = [publicKey].flat() as readonly (string | VerifierKey)[]
  return Promise.all(given.map((key) => (typeof key === 'string' ? parseVerifierKey(key) : key)))
}
