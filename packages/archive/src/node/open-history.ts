import { type OpenObjectsOptions, openObjects } from '@datastreamer/e2store/node'
import type { HttpObjectsOptions, Objects } from '@datastreamer/e2store/objects'
import type { History } from '../history/history.ts'
import type { HistoryOptions } from '../history/history-options.ts'
import { type HistoryLocation, openHistoryAt } from '../history/open-history.ts'
import { nodeCodecs } from './node-codecs.ts'

export interface OpenNodeHistoryOptions extends HistoryOptions, OpenObjectsOptions {}

/**
 * Open a history: in a folder, at an address of a web server (`http://`, `https://`), in a bucket
 * (`s3://bucket/prefix`), or in objects, which stay open when the history is disposed of. Two requests.
 *
 * @param from of several copies, what one does not have is read from the next
 * @throws {HistoryError} @throws {LocationError} `BAD_ADDRESS`, `NOT_FOUND` @throws {KeyError}
 * @throws {RangeError} if an option is out of range
 * @see docs/spec/history.md §4
 */
export function openHistory(
  from: HistoryLocation | readonly HistoryLocation[],
  options: OpenNodeHistoryOptions = {},
): Promise<History> {
  const open = (text: string, http: HttpObjectsOptions): Promise<Objects> =>
    openObjects(text, { ...options, http: { ...http, ...options.http } })
  return openHistoryAt(from, open, { codecs: nodeCodecs, ...options })
}
