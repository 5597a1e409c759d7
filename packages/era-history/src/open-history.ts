import type { Location } from '@datastreamer/e2store/location'
import { FileHistory } from './file-history.ts'
import type { HistoryOptions, OpenHistory } from './history-options.ts'

/**
 * Open all archives of blocks at some locations as one history. What a file holds is expected by its name; it is read
 * when it is needed, and at once only where runs begin and end.
 *
 * The locations stay open, and are closed by whoever opened them.
 *
 * @throws {HistoryError} `NO_FILES`, `SEVERAL_NETWORKS`
 * @throws {LocationError} a location cannot be read
 */
export function openHistory(locations: readonly Location[], options: HistoryOptions = {}): Promise<OpenHistory> {
  return FileHistory.open(locations, options)
}
