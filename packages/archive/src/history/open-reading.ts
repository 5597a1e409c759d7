import type { Objects } from '@datastreamer/e2store/objects'
import { parseVerifierKey, type VerifierKey } from '@datastreamer/format/signing'
import { type Codecs, portableCodecs } from '../codecs/codecs.ts'
import { Checkpoints } from './checkpoints.ts'
import type { OnNotice } from './history-notice.ts'
import { type HistoryOptions, type HistorySettings, settingsOf } from './history-options.ts'
import { Mirrors } from './mirrors.ts'
import { Pace } from './pace.ts'

/** What all reading of a history needs. */
export interface Reading {
  readonly mirrors: Mirrors
  readonly checkpoints: Checkpoints
  readonly codecs: Codecs
  readonly settings: HistorySettings
  readonly onNotice: OnNotice
}

/**
 * Get ready to read. Nothing is requested yet.
 *
 * @throws {KeyError} @throws {RangeError} if an option is out of range, or there is no place to read from
 */
export async function openReading(bases: readonly Objects[], options: HistoryOptions): Promise<Reading> {
  if (bases.length === 0) throw new RangeError('no place to read a history from')
  const settings = settingsOf(options)
  const { onNotice = () => undefined, codecs = portableCodecs, clock, publicKey = [] } = options
  const given = [publicKey].flat() as readonly (string | VerifierKey)[]
  const keys = await Promise.all(given.map((key) => (typeof key === 'string' ? parseVerifierKey(key) : key)))
  if (keys.length === 0) {
    onNotice({ code: 'AUTHOR_UNCHECKED', message: 'no public key was given: nobody vouches for the root of the log' })
  }
  const { missingRetries } = settings
  const mirrors = new Mirrors(bases, { missingRetries, onNotice, pace: new Pace(clock) })
  return { mirrors, checkpoints: new Checkpoints(mirrors, keys, onNotice), codecs, settings, onNotice }
}
