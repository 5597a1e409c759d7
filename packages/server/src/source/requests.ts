import type { SourceAnswer, SourceRequest } from '@datastreamer/format/source'
import type { StreamStore } from '@datastreamer/store'
import { DamageError } from '@datastreamer/store'
import { scanBookmarks } from '@datastreamer/store/log'
import { type Fault, MismatchError, readFault, writeFault } from './fault.ts'

/** Requests that wait for those before them, and that those after them wait for. */
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

type ChangeRequest = Extract<SerialRequest, { readonly name: 'updateEntryData' | 'truncateFile' }>

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
  try {
    return { answer: await answer(request, store) }
  } catch (error) {
    if (!isChange(request)) return { fault: readFault(error), failure: { error, again: () => answer(request, store) } }
    if (!isOfReading(error)) return { fault: writeFault(error) }
    return { fault: readFault(error), failure: { error, again: () => readFor(request, store) } }
  }
}

function isChange(request: SerialRequest): request is ChangeRequest {
  return request.name === 'updateEntryData' || request.name === 'truncateFile'
}

/** Whether the log could not be read: then nothing was changed. */
function isOfReading(error: unknown): boolean {
  return error instanceof DamageError || (error instanceof Error && 'syscall' in error && error.syscall === 'read')
}

/** Read what a change reads before it begins. */
async function readFor({ name, number }: ChangeRequest, store: StreamStore): Promise<void> {
  if (name === 'updateEntryData') await store.getEntry(number)
  else await scanBookmarks(store.log, Math.max(0, Number(number) - 1), () => {})
}

async function answer(request: SerialRequest, store: StreamStore): Promise<SourceAnswer> {
  switch (request.name) {
    case 'updateEntryData':
      await store.updateEntryData(request.number, request.type, request.data)
      return { name: 'done' }
    case 'truncateFile': {
      const { totalEntries } = store.getHeader()
      if (request.totalEntries !== totalEntries) {
        const message = `the stream to be truncated has ${totalEntries} entries, expected were ${request.totalEntries}`
        throw new MismatchError('WRONG_TOTAL_ENTRIES', message)
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
