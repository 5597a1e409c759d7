import { BOOKMARK_TYPE } from '@datastreamer/format'
import type { CommitResult, SourceRequest } from '@datastreamer/format/source'
import { ProtocolError } from '../errors.ts'
import { MessageLog, type MessagePosition } from './message-log.ts'
import {
  addTo,
  checkBookmark,
  checkEntry,
  type Doubt,
  doubtAbout,
  failedOperation,
  isEmpty,
  newOperation,
  type SourceOperation,
  statesAfter,
} from './operation.ts'
import { OwnBytes } from './own-bytes.ts'
import { Queue } from './queue.ts'
import { forgetful, type KnownState, reconcile } from './reconcile.ts'
import { SourceRefusedError, type SourceRejectedError } from './source-errors.ts'

/** Memory that an operation costs beside its messages. */
const OPERATION_BYTES = 256

/** The operations of a source that the server has not acknowledged, and what it has. docs/spec/source-protocol.md §7. */
export class Operations {
  readonly log: MessageLog = new MessageLog()
  readonly #maxBytes: number
  /** What the server has acknowledged. */
  #known: KnownState
  /** The data of the last entry of that. */
  readonly #lastData = new OwnBytes()
  #open: SourceOperation | undefined
  /** Committed here, in order, not acknowledged. */
  readonly #pending = new Queue<SourceOperation>()
  #pendingBytes = 0
  #nextEntry: bigint
  #doubt: Doubt | undefined
  /** Entries before this may have been overwritten: what is known of their data may be old. */
  #updatedBefore = 0n

  constructor(known: KnownState, maxBytes: number) {
    this.#known = known
    this.#nextEntry = known.totalEntries
    this.#maxBytes = maxBytes
  }

  get known(): KnownState {
    return this.#known
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  /** Operations that wait for their answers. */
  get unacknowledged(): number {
    return this.#pending.size
  }

  /** Bytes of committed operations that are kept. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** Whether it is unknown where the stream ends, until the next connection shows it. */
  get isInDoubt(): boolean {
    return this.#doubt !== undefined
  }

  /** @throws {SourceRejectedError} why it is unknown where the stream ends */
  checkKnown(): void {
    if (this.#doubt !== undefined) throw this.#doubt.reason
  }

  /** @throws {SourceRefusedError} `ATOMIC_OP_IN_PROGRESS` @throws {SourceRejectedError} as {@link checkKnown} */
  start(): void {
    this.checkKnown()
    if (this.#open !== undefined) throw new SourceRefusedError('ATOMIC_OP_IN_PROGRESS', 'an atomic operation is open')
    const start = this.log.end
    const bytes = this.log.append({ name: 'startAtomicOp', firstEntry: this.#nextEntry })
    this.#open = newOperation(this.#nextEntry, start, bytes)
  }

  /** @throws {SourceRefusedError} */
  addEntry(type: number, data: Uint8Array): bigint {
    const open = this.#fillable()
    checkEntry(type, data)
    return this.#add(open, { name: 'addStreamEntry', type, data }, type, data.length)
  }

  /** @throws {SourceRefusedError} */
  addBookmark(bookmark: Uint8Array): bigint {
    const open = this.#fillable()
    checkBookmark(bookmark)
    return this.#add(open, { name: 'addStreamBookmark', bookmark }, BOOKMARK_TYPE, bookmark.length)
  }

  /** Why the open operation cannot be committed. @throws {SourceRefusedError} `NO_ATOMIC_OP` */
  get failure(): Error | undefined {
    const { failed } = this.#mustBeOpen()
    return failed && failedOperation(failed)
  }

  /** Queue the open operation after those that wait for the server. Resolves when that has acknowledged it. */
  commit(): Promise<CommitResult> {
    const open = this.#mustBeOpen()
    this.#open = undefined
    this.#nextEntry = open.nextEntry
    if (!isEmpty(open)) {
      open.last = { type: open.lastType, number: this.#nextEntry - 1n, data: this.log.tail(open.lastLength) }
    }
    open.bytes += this.log.append({ name: 'commitAtomicOp' }) + OPERATION_BYTES
    this.#pending.push(open)
    this.#pendingBytes += open.bytes
    return new Promise((resolve, reject) => {
      open.settle = { resolve, reject }
    })
  }

  /** Roll the open operation back. Returns whether the server has to do so too. @throws {SourceRefusedError} */
  rollback(): boolean {
    const open = this.#mustBeOpen()
    this.#open = undefined
    return this.log.dropAfter(open.start)
  }

  /** The server has committed the first of those that wait. @throws {ProtocolError} if it was another */
  acknowledge({ firstEntry, nextEntry }: CommitResult): void {
    const { first: operation } = this.#pending
    if (operation === undefined || firstEntry !== operation.firstEntry || nextEntry !== operation.nextEntry) {
      const message = `the server committed entries ${firstEntry} up to ${nextEntry}, which was not asked for`
      throw new ProtocolError('UNEXPECTED_PACKET', message)
    }
    const { last } = operation
    // The memory of the log is used again.
    const own = last && { ...last, data: this.#lastData.copyOf(last.data) }
    this.#known = { totalEntries: nextEntry, last: own ?? this.#known.last }
    this.#shift(operation)
    operation.settle?.resolve({ firstEntry, nextEntry })
  }

  /** The server has refused the first of those that wait; what follows on its entries fails with it. */
  refuse(error: Error, totalEntries: bigint): void {
    const { first: operation } = this.#pending
    if (operation === undefined) throw new ProtocolError('UNEXPECTED_PACKET', 'a refusal of what was not asked for')
    this.#shift(operation)
    if (operation.failed !== undefined) {
      operation.settle?.reject(failedOperation(operation.failed))
      return
    }
    operation.settle?.reject(error)
    if (isEmpty(operation)) return
    for (const follower of this.#pending.toArray()) follower.failed = error
    if (this.#open !== undefined) this.#open.failed = error
    if (totalEntries !== this.#known.totalEntries) this.#known = { totalEntries, last: undefined }
    this.#nextEntry = totalEntries
  }

  /**
   * The server cannot write, or not say whether it did: reject what waits for it, and the open operation. Which of them
   * are in the stream is found out by {@link reconcile}.
   */
  giveUp(reason: SourceRejectedError): void {
    const given = this.#pending.clear()
    this.#pendingBytes = 0
    if (this.#open !== undefined) this.#open.failed = reason
    this.#doubt ??= doubtAbout(given, this.#known, reason)
    this.log.dropBefore(this.#firstPosition())
    for (const { failed, settle } of given) settle?.reject(failed === undefined ? reason : failedOperation(failed))
  }

  /**
   * Compare with the stream as it is found on a new connection: what is in it counts as committed, the rest has to be
   * sent again.
   *
   * @throws {SourceConflictError}
   */
  reconcile(found: { readonly totalEntries: bigint; readonly digest: Uint8Array }): void {
    if (this.#doubt !== undefined) {
      const states = forgetful(this.#doubt.states, this.#updatedBefore)
      this.#known = states[reconcile(states, found)] ?? this.#known
      this.#nextEntry = this.#known.totalEntries
      this.#doubt = undefined
    }
    const followers = this.#pending.toArray().filter(({ failed }) => failed === undefined)
    const states = forgetful(statesAfter(this.#known, followers), this.#updatedBefore)
    const confirmed = new Set(followers.slice(0, reconcile(states, found)))
    for (const operation of this.#pending.toArray()) {
      if (operation.failed !== undefined) this.refuse(operation.failed, found.totalEntries)
      else if (confirmed.has(operation)) {
        this.acknowledge({ firstEntry: operation.firstEntry, nextEntry: operation.nextEntry })
      } else break
    }
    if (this.#known.last === undefined) this.#known = { totalEntries: found.totalEntries, last: found.digest }
    this.log.resendFrom(this.#firstPosition())
  }

  /** Entry `number` is about to be overwritten. */
  updating(number: bigint): void {
    if (number >= this.#updatedBefore && number < this.#nextEntry) this.#updatedBefore = number + 1n
  }

  /** The stream was truncated, with no operation here. */
  truncated(totalEntries: bigint): void {
    this.#doubt = undefined
    this.#known = { totalEntries, last: undefined }
    this.#nextEntry = totalEntries
    this.#updatedBefore = 0n
  }

  /** Give all up. */
  fail(error: unknown): void {
    const pending = this.#pending.clear()
    this.#pendingBytes = 0
    this.#open = undefined
    this.log.dropBefore(this.log.end)
    for (const operation of pending) operation.settle?.reject(error)
  }

  #add(open: SourceOperation, request: SourceRequest, type: number, length: number): bigint {
    const bytes = this.#pendingBytes + open.bytes
    if (bytes > this.#maxBytes) {
      const message = `${bytes} bytes wait for the server, the limit is ${this.#maxBytes}`
      throw new SourceRefusedError('TOO_MUCH_PENDING', message)
    }
    return addTo(open, this.log.append(request), type, length)
  }

  #shift(operation: SourceOperation): void {
    this.#pending.shift()
    this.#pendingBytes -= operation.bytes
    this.log.dropBefore(this.#firstPosition())
  }

  #firstPosition(): MessagePosition {
    return (this.#pending.first ?? this.#open)?.start ?? this.log.end
  }

  #mustBeOpen(): SourceOperation {
    if (this.#open === undefined) throw new SourceRefusedError('NO_ATOMIC_OP', 'no atomic operation is open')
    return this.#open
  }

  #fillable(): SourceOperation {
    const open = this.#mustBeOpen()
    if (open.failed !== undefined) throw failedOperation(open.failed)
    return open
  }
}
