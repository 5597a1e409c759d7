import { type HttpObjectsOptions, httpObjects, type Objects } from '@datastreamer/e2store/objects'
import { utf8 } from '../tlog/text.ts'
import { Bundles } from './bundles.ts'
import type { History } from './history.ts'
import { HistoryLog } from './history-log.ts'
import type { HistoryOptions } from './history-options.ts'
import { HistoryReader } from './history-reader.ts'
import { openReading } from './open-reading.ts'
import { Records } from './records.ts'

export interface OpenHistoryOptions extends HistoryOptions {
  /** How web servers are asked. */
  readonly http?: HttpObjectsOptions | undefined
}

/** Where a history is: an address, or objects, which stay open when the history is disposed of. */
export type HistoryLocation = string | Objects

/**
 * Open a history at an `http://` or `https://` address, or in objects: two requests.
 *
 * @param from of several copies, what one does not have is read from the next
 * @throws {HistoryError} @throws {LocationError} `BAD_ADDRESS` @throws {KeyError}
 * @throws {RangeError} if an option is out of range
 * @see docs/spec/history.md §4
 */
export function openHistory(
  from: HistoryLocation | readonly HistoryLocation[],
  options: OpenHistoryOptions = {},
): Promise<History> {
  return openHistoryAt(from, async (address) => httpObjects(address, options.http), options)
}

/** Open a history whose addresses are opened by `openObjects`. */
export async function openHistoryAt(
  from: HistoryLocation | readonly HistoryLocation[],
  openObjects: (address: string) => Promise<Objects>,
  options: HistoryOptions,
): Promise<History> {
  const own: Objects[] = []
  const close = async (): Promise<void> => {
    await Promise.all(own.map((objects) => objects[Symbol.asyncDispose]()))
  }
  try {
    const bases: Objects[] = []
    for (const location of [from].flat() as readonly HistoryLocation[]) {
      if (typeof location === 'string') own.push(await openObjects(location))
      bases.push(typeof location === 'string' ? (own.at(-1) as Objects) : location)
    }
    return await openIn(bases, options, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function openIn(
  bases: readonly Objects[],
  options: HistoryOptions,
  close: () => Promise<void>,
): Promise<History> {
  const { mirrors, checkpoints, codecs, settings, onNotice } = await openReading(bases, options)
  const seen = options.checkpoint === undefined ? undefined : await checkpoints.open(utf8(options.checkpoint))
  const { sha256 } = codecs
  const reading = { mirrors, bundles: new Bundles(mirrors, sha256), sha256, onNotice }
  const log = await HistoryLog.open(checkpoints, reading, seen, options.signal)
  const records = new Records(mirrors, codecs, settings.cacheBytes)
  return new HistoryReader({ name: bases.map(({ name }) => name).join(', '), log, records, settings, close })
}
