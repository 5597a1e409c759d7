import { plural } from '../output/text.ts'
import type { Start, StreamSource } from '../source/stream-source.ts'

/** Time without a line after which a note says what is waited for. */
const PATIENCE_MS = 1000

export interface WaitingOptions {
  readonly source: StreamSource
  readonly from: Start
  note(line: string): void
}

/**
 * Say once, if nothing comes for a while, that a stream has nothing to print yet: a file that nobody writes looks like a
 * command that hangs.
 *
 * @returns to be called when something came, or it is over
 */
export async function sayWaiting({ source, from, note }: WaitingOptions): Promise<() => void> {
  // What a bookmark leads to is there.
  if (typeof from === 'object') return () => {}
  const { totalEntries } = await source.getHeader()
  const next = from === 'latest' ? totalEntries : from
  if (next < totalEntries) return () => {}
  const until = source.file === undefined ? `the server has entry ${next}` : `entry ${next} is written to the file`
  const there = totalEntries === 0n ? 'it has none yet' : `it has ${plural(totalEntries, 'entry', 'entries')}`
  const ways = totalEntries === 0n ? '' : ' (-n 10 begins with the last ones, --from 0 with the first)'
  const message = `datastreamer: ${source.name}: waiting until ${until}; ${there}${ways}. Ctrl-C ends it`
  const timer = setTimeout(() => note(message), PATIENCE_MS)
  return () => clearTimeout(timer)
}
