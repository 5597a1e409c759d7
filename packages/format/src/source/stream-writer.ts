import type { Entry } from '../entry.ts'
import type { Header } from '../header.ts'

/** What a commit wrote. */
export interface CommitResult {
  /** Number of the operation's first entry. */
  readonly firstEntry: bigint
  /** Number of the entry that comes next. */
  readonly nextEntry: bigint
}

/** The platform's `AsyncDisposable`, where the compiler's libraries have it. */
type Disposing = SymbolConstructor extends { readonly asyncDispose: infer S extends symbol }
  ? { readonly [K in S]: () => PromiseLike<void> }
  : object

/**
 * What writes a stream in atomic operations: a store in this process, or a source client that writes to one over TCP.
 * Code that is written against this works with both. Refusals are errors whose `code` is the same on both.
 */
export interface StreamWriter extends Disposing {
  /** Begin an operation. */
  startAtomicOp(): void
  /** Add an entry; returns the number that it will have. */
  addStreamEntry(type: number, data: Uint8Array): bigint
  /** Add a bookmark of 1 to 16 bytes; returns the number of its entry. */
  addStreamBookmark(bookmark: Uint8Array): bigint
  /** Commit what was added. Resolves once it is as durable as the store was opened to make it. */
  commitAtomicOp(): Promise<CommitResult>
  /** Take the open operation back. */
  rollbackAtomicOp(): void
  /** Resolves when adding more will not pile up in memory. */
  writable(): Promise<void>
  /** Overwrite the data of a committed entry by data of the same length. */
  updateEntryData(number: bigint, type: number, data: Uint8Array): Promise<void>
  /** Remove entry `number` and all after it. */
  truncateFile(number: bigint): Promise<void>
  getHeader(): Header | Promise<Header>
  /** A committed entry, or `undefined`. */
  getEntry(number: bigint): Promise<Entry | undefined>
  /** Number of a committed bookmark's entry, or `undefined`. */
  getBookmark(bookmark: Uint8Array): Promise<bigint | undefined>
  /** The first entry after a bookmark that is none itself, or `undefined`. */
  getFirstEventAfterBookmark(bookmark: Uint8Array): Promise<Entry | undefined>
  close(): Promise<void>
}
