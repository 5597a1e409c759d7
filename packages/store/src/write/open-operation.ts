import { invariant } from '@datastreamer/format'
import type { CommitPoint } from '../log/commit-point.ts'
import type { PageBuffer, PageBuffers } from '../log/page-buffers.ts'
import type { LogPosition } from '../log/run-reader.ts'
import { AppendBuffer, type Mark } from './append-buffer.ts'
import type { LogWriter } from './log-writer.ts'
import { noOperation, type Operation } from './operation.ts'

/**
 * The operation that is being filled, if one is, and the entries after the commit point, which lie in memory until they
 * are written.
 *
 * Invariants: at most one operation is open; positions of a commit never lie before the last one's end; what is rolled back
 * lies after the last commit.
 */
export class OpenOperation {
  readonly #buffer: AppendBuffer
  readonly #writer: LogWriter
  /** Where the last commit ended. */
  #committed: Mark
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
  get end(): Mark {
    return this.#buffer.end
  }

  /** The page that the last committed entry lies in, if it is in memory. */
  get lastPage(): PageBuffer | undefined {
    return this.#committed.page
  }

  /** Position up to which whole pages could be written. */
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

  /** @throws {RefusedError} `NO_ATOMIC_OP`, `ATOMIC_OP_FAILED` @throws {DiskError} if a part of it was not written */
  check(): void {
    if (this.#open === undefined) throw noOperation()
    if (this.#open.failed !== undefined) throw this.#open.failed
  }

  /** Append an entry in memory, which must fit into a page; returns its number. */
  add(type: number, data: Uint8Array): number {
    return this.#buffer.add(type, data)
  }

  /** Close the operation, to be committed: where it begins. @throws as {@link check} */
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

  /** The commit that ends at `end` is in the log; returns its bytes. */
  committed(end: Mark): number {
    const bytes = end.position - this.#committed.position
    invariant(bytes >= 0, `a commit ends at ${end.position}, the last one at ${this.#committed.position}`)
    this.#committed = end
    return bytes
  }

  /** Nothing after the last commit will be written: the open operation fails with `error`. */
  fail(errorOf: (operation: Operation) => Error): void {
    if (this.#open !== undefined) this.#open.failed = errorOf(this.#open)
    this.#rewind(this.#committed)
  }

  /** Go on at the head of the log, which was moved. */
  moveTo(head: CommitPoint): void {
    this.#buffer.moveTo(positionOf(head))
    this.#committed = this.#buffer.end
  }

  #rewind(to: Mark): void {
    invariant(to.position >= this.#committed.position, 'only what is not committed is rolled back')
    this.#buffer.rewind(to)
    this.#writer.rewind(to.position)
  }
}

function positionOf({ totalLength, totalEntries }: CommitPoint): LogPosition {
  return { position: totalLength, number: Number(totalEntries) }
}

/** The commit point that stands at a position. */
export function pointAt({ position, number }: LogPosition): CommitPoint {
  return { totalLength: position, totalEntries: BigInt(number) }
}
