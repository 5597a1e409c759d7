import type { EntriesOptions, OperationEvent } from '@datastreamer/format'
import type { Rewound, StreamEvent } from './resume/stream-event.ts'

/**
 * What an operation source gives, out of what happens to an iteration with boundaries. Where a server does not say where
 * operations end, they are unknown.
 */
export async function* operationEvents(
  events: AsyncIterable<StreamEvent | Rewound>,
  { to, follow }: Pick<EntriesOptions, 'to' | 'follow'>,
): AsyncGenerator<OperationEvent, void, void> {
  /** Entries of the stream when reading began. */
  let head: bigint | undefined
  let isSilent = false
  let isUnknown = false
  let last: bigint | undefined
  for await (const event of events) {
    switch (event.kind) {
      case 'connected':
        head ??= event.header.totalEntries
        isSilent = !event.boundaries
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
        break
      }
    }
  }
  // The head at which reading ends stood between two operations.
  const isEndAtHead = follow === false && to === undefined
  if (isEndAtHead && head !== undefined && (head !== last || isUnknown)) {
    yield { kind: 'operationBoundary', nextEntry: head, gap: false }
  }
}
