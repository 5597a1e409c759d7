import type { Entry, Header } from '@datastreamer/format'
import type { StreamItem } from '../connection/channel.ts'
import type { Cursor } from './cursor.ts'
import { entryEvents } from './entry-events.ts'
import type { StreamEvent } from './stream-event.ts'

/** What entries are delivered from: one connection that streams, or a history. */
export interface Delivery {
  readonly cursor: Cursor
  readonly header: Header
  /** Which entries are wanted; `undefined`: all. */
  readonly types: ReadonlySet<number> | undefined
  /** What to say before anything else. */
  readonly begun: StreamEvent
  /** The next item; `undefined`: there are no more. */
  readonly next: () => Promise<StreamItem | undefined>
  /** Called before more is waited for, once the entry that is held was read again. */
  readonly onProven?: (() => void) | undefined
}

/**
 * Deliver what comes, until the cursor is done or nothing more comes. What is reported is so once the entry that is held was
 * read again; of the operation boundaries before it the last one counts.
 *
 * @throws as the cursor
 */
export async function* deliver(
  { cursor, header, types, begun, next, onProven }: Delivery,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  let untold: readonly StreamEvent[] = [begun]
  let failure: Error | undefined
  for (;;) {
    if (!cursor.isRereading) {
      yield* untold
      untold = []
      if (!cursor.done) onProven?.()
    }
    if (failure !== undefined) throw failure
    if (cursor.done) return
    signal.throwIfAborted()
    const item = await next()
    if (item === undefined) return
    if (isEntries(item)) {
      const { fresh, broken } = cursor.accept(item, header)
      untold = [...untold, ...entryEvents(fresh, types)]
      failure = broken
    } else if ('runningDigest' in item) {
      const { signature } = item
      if (signature !== undefined) untold = [...untold, { kind: 'signed', ...item, signature }]
    } else if ('digest' in item) {
      const checkpoint = cursor.acceptProgress(item, header)
      if (checkpoint !== undefined) untold = [...untold, { kind: 'progress', nextEntry: item.nextEntry, checkpoint }]
    } else {
      const boundary = cursor.acceptBoundary(item)
      if (boundary !== undefined) untold = [...untold.slice(0, 1), { kind: 'operationBoundary', ...boundary }]
    }
  }
}

export function isEntries(item: StreamItem): item is readonly Entry[] {
  return !('nextEntry' in item)
}
