import { invariant } from '@datastreamer/format'
import type { CommitPoint } from '../log/commit-point.ts'
import type { PageBuffer, PageBuffers } from '../log/page-buffers.ts'
import type { LogPosition } from '../log/run-reader.ts'
import { AppendBuffer, type AppendPosition } from './append-buffer.ts'
import type { LogWriter } from './log-writer.ts'
import { noOperation, type Operation } from './operation.ts'

/**
 * The operation that is being filled, if any, and the entries after the commit point, which are in memory until they are
 * written.
 *
 * Invariants: at most one operation is open; a commit never ends before the last one; only what is after the last commit is
 * rolled back.
 */
export class OpenOperation {
  readonly #buffer: AppendBuffer
  readonly #writer: LogWriter
  /** Where the last commit ended. */
  #committed: AppendPosition
  #open: Operation | undefined

  constructor(buffers: PageBuffers, writer: LogWriter, end: CommitPoint) {
    this.#buffer = new AppendBuffer(buffers, positionOf(end))
    this.#writer = writer
    this.#committed = this.#buffer.end
  }

  /** The open operation. */
  get current(): Operation | undefined {
    return this.#open
  }

  /** Position and entry number after the last entry that was added. */
  get end(): AppendPosition {
    return this.#buffer.end
  }

  /** The page that holds the last committed entry, if it is in memory. */
  get lastPage(): PageBuffer | undefined {
    return this.#committed.page
  }

  /** End of the whole pages, which can be written. */
  get endOfWholePages(): CommitPoint {
    return pointAt(this.#buffer.openPage)
  }

  /** Bytes that are in memory only. */
  get pendingBytes(): number {
    return this.#buffer.position - this.#writer.written
  }

  begin(): void {
    invariant(this.#open === undefined, 'one atomic operation is open at a time')
    this.#open = { start: this.#buffer.end }
  }

  /** @throws {RefusedError} `NO_ATOMIC_OP`, `ATOMIC_OP_FAILED` @throws {DiskError} if some of it could not be written ahead */
  check(): void {
    if (this.#open === undefined) throw noOperation()
    if (this.#open.failed !== undefined) throw this.#open.failed
  }

  /** Append an entry in memory, which must fit into a page; returns its number. */
  add(type: number, data: Uint8Array): number {
    return this.#buffer.add(type, data)
  }

  /** End the operation, to commit it. @throws as {@link check} */
  take(): Operation {
    const operation = this.#open
    if (operation === undefined) throw noOperation()
    this.#open = undefined
    if (operation.failed !== undefined) throw operation.failed
    return operation
  }

  /** Undo the open operation. @throws {RefusedError} `NO_ATOMIC_OP` */
  rollback(): void {
    const operation = this.#open
    if (operation === undefined) throw noOperation()
    this.#open = undefined
    if (operation.failed === undefined) this.#rewind(operation.start)
  }

  /** The commit that ends at `end` is in the log; returns its length in bytes. */
  committed(end: AppendPosition): number {
    const bytes = end.position - this.#committed.position
    invariant(bytes >= 0, `a commit ends at ${end.position}, the last one at ${this.#committed.position}`)
    this.#committed = end
    return bytes
  }

  /** Nothing after the last commit will be written: the open operation fails. */
  fail(errorOf: (operation: Operation) => Error): void {
    if (this.#open !== undefined) this.#open.failed = errorOf(this.#open)
    this.#rewind(this.#committed)
  }

  /** Go on at the head of the log, which has moved. */
  moveTo(head: CommitPoint): void {
    this.#buffer.moveTo(positionOf(head))
    this.#committed = this.#buffer.end
  }

  #rewind(to: AppendPosition): void {
    invariant(to.position >= this.#committed.position, 'only what is not committed is rolled back')
    this.#buffer.rewind(to)
    this.#writer.rewind(to.position)
  }
}

function positionOf({ totalLength, totalEntries }: CommitPoint): LogPosition {
  return { position: totalLength, number: Number(totalEntries) }
}

/** The commit point at a position. */
export function pointAt({ position, number }: LogPosition): CommitPoint {
  return { totalLength: position, totalEntries: BigInt(number) }
}
