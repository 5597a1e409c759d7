import type { CommitResult } from '@datastreamer/format/source'
import { RefusedError } from '../disk/errors.ts'
import type { AppendPosition } from './append-buffer.ts'

/** An open atomic operation. docs/spec/stream-file.md §6. */
export interface Operation {
  /** Where it begins in the log. */
  readonly start: AppendPosition
  /** Why it can no longer be written: adding to it or committing it throws this. */
  failed?: Error
}

/** An operation that waits for the disk. */
export interface PendingCommit {
  readonly start: AppendPosition
  readonly end: AppendPosition
  /** Time of the call to commit, by the store's clock. */
  readonly since: number
  readonly resolve: (result: CommitResult) => void
  readonly reject: (error: Error) => void
}

/** Commits that were written together. */
export interface CommitGroup {
  readonly commits: number
  /** Bytes of the log, padding included. */
  readonly bytes: number
  /** Milliseconds from the call to commit until readers see it, for the commit that waited longest. */
  readonly waitedMs: number
}

export function noOperation(): RefusedError {
  return new RefusedError('NO_ATOMIC_OP', 'no atomic operation is open')
}

export function failedOperation(cause: Error): RefusedError {
  return new RefusedError('ATOMIC_OP_FAILED', `an operation before this one was not written: ${cause.message}`, {
    cause,
  })
}
