import type { EntriesOptions, OperationEvent } from '@datastreamer/format'
import type { Rewound, StreamEvent } from './resume/stream-event.ts'

/**
 * What an operation source gives, out of what happens to an iteration with boundaries. Where a server does not say where
 * operations end, they are unknown.
 */
export async function* operationEvents(
  events: AsyncIterable<StreamEvent | Rewound>,
  { to, follow, types }: Pick<EntriesOptions, 'to' | 'follow' | 'types'>,
): AsyncGenerator<OperationEvent, void, void> {
  /** The head at which reading ends, which stood between two operations; `undefined` while it is not known. */
  let head: bigint | undefined
  let isAllOfServer = true
  let isSilent = false
  let isUnknown = false
  let last: bigint | undefined
  for await (const event of events) {
    switch (event.kind) {
      case 'connected':
        if (isAllOfServer) head ??= event.header.totalEntries
        isSilent = !event.boundaries
        break
      case 'history':
        isAllOfServer = false
        isSilent = false
        break
      case 'operationBoundary':
        isUnknown = event.gap
        last = event.nextEntry
        yield event
        break
      case 'entries': {
        const nextEntry = event.entries[0]?.number
        if (isSilent && !isUnknown && nextEntry !== undefined) {
          isUnknown = true
          yield { kind: 'operationBoundary', nextEntry, gap: true }
        }
        yield event
        if (types === undefined) head = (event.entries.at(-1)?.number ?? 0n) + 1n
        break
      }
    }
  }
  if (follow !== false || to !== undefined || head === undefined) return
  if (head !== last || isUnknown) yield { kind: 'operationBoundary', nextEntry: head, gap: false }
}
