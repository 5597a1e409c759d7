import type { SourceAnswer, SourceRequest } from '@datastreamer/format/source'
import type { StreamStore } from '../store/stream-store.ts'
import { type Fault, PlaceError, readFault, writeFault } from './fault.ts'

/** Requests that wait for those before them, and have those behind them wait. */
export type SerialRequest = Exclude<
  SourceRequest,
  {
    readonly name:
      | 'hello'
      | 'startAtomicOp'
      | 'addStreamEntry'
      | 'addStreamBookmark'
      | 'commitAtomicOp'
      | 'rollbackAtomicOp'
      | 'ping'
  }
>

/** What comes of a request. */
export type Outcome = { readonly answer: SourceAnswer } | { readonly fault: Fault; readonly failure?: ReadFailure }

/** That the log or the index could not be read. */
export interface ReadFailure {
  readonly error: unknown
  /** Read once more what could not be read. */
  readonly again: () => Promise<unknown>
}

/** Do what a request says; never throws. docs/spec/source-protocol.md §5, §6. */
export async function perform(request: SerialRequest, store: StreamStore): Promise<Outcome> {
  const writes = request.name === 'updateEntryData' || request.name === 'truncateFile'
  try {
    return { answer: await answer(request, store) }
  } catch (error) {
    if (!writes) return { fault: readFault(error), failure: { error, again: () => answer(request, store) } }
    return { fault: writeFault(error) }
  }
}

async function answer(request: SerialRequest, store: StreamStore): Promise<SourceAnswer> {
  switch (request.name) {
    case 'updateEntryData':
      await store.updateEntryData(request.number, request.type, request.data)
      return { name: 'done' }
    case 'truncateFile': {
      const { totalEntries } = store.getHeader()
      if (request.totalEntries !== totalEntries) {
        const message = `the stream to be cut has ${totalEntries} entries, expected were ${request.totalEntries}`
        throw new PlaceError('WRONG_TOTAL_ENTRIES', message)
      }
      await store.truncateFile(request.number)
      return { name: 'done' }
    }
    case 'getHeader':
      return { name: 'header', header: store.getHeader() }
    case 'getEntry':
      return { name: 'entry', entry: await store.getEntry(request.number) }
    case 'getBookmark':
      return { name: 'bookmark', number: await store.getBookmark(request.bookmark) }
    case 'getFirstEventAfterBookmark':
      return { name: 'entry', entry: await store.getFirstEventAfterBookmark(request.bookmark) }
  }
}
