import type { Mark } from './append-buffer.ts'

/** An atomic operation that is being filled. docs/spec/stream-file.md §6. */
export interface Operation {
  /** Where it begins in the log. */
  readonly start: Mark
  /** Why it cannot be committed any more. */
  failed?: Error
}

/** What a commit wrote. */
export interface CommitResult {
  /** Number of the operation's first entry. */
  readonly firstEntry: bigint
  /** Number of the entry that comes next. */
  readonly nextEntry: bigint
}

/** An operation that waits for the disk. */
export interface PendingCommit {
  readonly start: Mark
  readonly end: Mark
  readonly resolve: (result: CommitResult) => void
  readonly reject: (error: Error) => void
}
