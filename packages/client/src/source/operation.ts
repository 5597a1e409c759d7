import type { Entry } from '@datastreamer/format'
import type { CommitResult } from '@datastreamer/format/source'
import type { LogPosition } from './message-log.ts'
import type { KnownState } from './reconcile.ts'
import { SourceRefusedError, SourceRejectedError } from './source-errors.ts'

/** An operation that is being filled, or waits for its answer. */
export interface SourceOperation {
  readonly firstEntry: bigint
  readonly start: LogPosition
  entries: number
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

/** Number of the entry after an operation. */
export function endOf({ firstEntry, entries }: SourceOperation): bigint {
  return firstEntry + BigInt(entries)
}

/** What a state of the stream becomes with an operation after it. */
export function stateBehind(state: KnownState, operation: SourceOperation): KnownState {
  return { totalEntries: endOf(operation), last: operation.last ?? state.last }
}

/** A state, and what it becomes with each operation after it, those left out that failed before. */
export function statesBehind(known: KnownState, operations: readonly SourceOperation[]): readonly KnownState[] {
  const states = [known]
  for (const operation of operations) {
    if (operation.failed === undefined) states.push(stateBehind(states.at(-1) ?? known, operation))
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
