import { type Entry, MAX_BOOKMARK_BYTES, MAX_ENTRY_DATA_BYTES } from '@datastreamer/format'
import type { CommitResult } from '@datastreamer/format/source'
import type { MessagePosition } from './message-log.ts'
import { digestOf, type KnownState } from './reconcile.ts'
import { SourceRefusedError, SourceRejectedError } from './source-errors.ts'

/** An operation that is being filled, or waits for its answer. */
export interface SourceOperation {
  readonly firstEntry: bigint
  readonly start: MessagePosition
  /** Number of the entry that comes after it. */
  nextEntry: bigint
  bytes: number
  /** Type, and bytes of data, of the last entry. */
  lastType: number
  lastLength: number
  /** That entry, its data borrowed from the log, once the operation is committed. */
  last: Entry | undefined
  /** Why it cannot be committed any more. */
  failed: Error | undefined
  /** What comes of it, once it is committed. */
  settle: { readonly resolve: (result: CommitResult) => void; readonly reject: (error: unknown) => void } | undefined
}

export function newOperation(firstEntry: bigint, start: MessagePosition, bytes: number): SourceOperation {
  const nothing = { last: undefined, failed: undefined, settle: undefined }
  return { firstEntry, start, nextEntry: firstEntry, bytes, lastType: 0, lastLength: 0, ...nothing }
}

/** Count an entry; returns its number. @param bytes of the message that adds it @param length of its data */
export function addTo(operation: SourceOperation, bytes: number, type: number, length: number): bigint {
  const number = operation.nextEntry
  operation.nextEntry = number + 1n
  operation.bytes += bytes
  operation.lastType = type
  operation.lastLength = length
  return number
}

export function isEmpty({ firstEntry, nextEntry }: SourceOperation): boolean {
  return nextEntry === firstEntry
}

/** What a state of the stream becomes with an operation after it. */
function stateAfter(state: KnownState, operation: SourceOperation): KnownState {
  return { totalEntries: operation.nextEntry, last: operation.last ?? state.last }
}

/** That it is unknown which of the operations that were given up are in the stream, and the states that it may be in. */
export interface Doubt {
  readonly reason: SourceRejectedError
  readonly states: readonly KnownState[]
}

/** The doubt about operations that were given up. */
export function doubtAbout(given: readonly SourceOperation[], known: KnownState, reason: SourceRejectedError): Doubt {
  const states = statesAfter(known, given).map((state) => ({ ...state, last: digestOf(state.last) }))
  return { reason, states }
}

/** A state, and what it becomes with each operation after it, those left out that failed before. */
export function statesAfter(known: KnownState, operations: readonly SourceOperation[]): readonly KnownState[] {
  const states = [known]
  for (const operation of operations) {
    if (operation.failed === undefined) states.push(stateAfter(states.at(-1) ?? known, operation))
  }
  return states
}

/** The error for an operation that follows one that was not written; what concerns all operations is that of each. */
export function failedOperation(cause: Error): SourceRefusedError | SourceRejectedError {
  if (cause instanceof SourceRejectedError) return cause
  return new SourceRefusedError('ATOMIC_OP_FAILED', `an operation before this one was not written: ${cause.message}`, {
    cause,
  })
}

/** @throws {SourceRefusedError} `BAD_ENTRY_TYPE`, `ENTRY_TOO_LARGE` */
export function checkEntry(type: number, { length }: Uint8Array): void {
  if (!Number.isInteger(type) || type < 0 || type > 0xffff_ffff) {
    throw new SourceRefusedError('BAD_ENTRY_TYPE', `entry type ${type}, expected a u32`)
  }
  if (length <= MAX_ENTRY_DATA_BYTES) return
  const message = `an entry with ${length} bytes of data, the limit is ${MAX_ENTRY_DATA_BYTES}`
  throw new SourceRefusedError('ENTRY_TOO_LARGE', message)
}

/** @throws {SourceRefusedError} `BAD_BOOKMARK` */
export function checkBookmark({ length }: Uint8Array): void {
  if (length >= 1 && length <= MAX_BOOKMARK_BYTES) return
  throw new SourceRefusedError('BAD_BOOKMARK', `a bookmark of ${length} bytes, expected 1 to ${MAX_BOOKMARK_BYTES}`)
}
