import type { Entry } from '@datastreamer/format'
import { checkpointOf } from '../checkpoint.ts'
import type { StreamEvent } from './stream-event.ts'

/**
 * What to say of entries that came: those of the wanted types, and how far the others go after them.
 *
 * @param types wanted; `undefined`: all
 */
export function entryEvents(entries: readonly Entry[], types: ReadonlySet<number> | undefined): readonly StreamEvent[] {
  const wanted = types === undefined ? entries : entries.filter(({ type }) => types.has(type))
  const events: readonly StreamEvent[] = wanted.length > 0 ? [{ kind: 'entries', entries: wanted }] : []
  const last = entries.at(-1)
  if (last === undefined || last === wanted.at(-1)) return events
  return [...events, { kind: 'progress', nextEntry: last.number + 1n, checkpoint: checkpointOf(last) }]
}
