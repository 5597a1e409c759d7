import { type Entry, type Header, type U64, u64Of } from '@datastreamer/format'
import { type CommitResult, encodeSourceRequest, type StreamWriter } from '@datastreamer/format/source'
import type { Clock } from '@datastreamer/runtime'
import { ConnectionError } from '../errors.ts'
import { type Lifetime, lifetimeOf } from './lifetime.ts'
import { SourceEngine } from './source-engine.ts'
import { SourceRefusedError } from './source-errors.ts'
import { type RequestAnswer, unexpected } from './source-link.ts'
import {
  type SourceClientStatus,
  type SourceCloseOptions,
  type SourceOptions,
  type SourceSettings,
  sourceSettingsOf,
} from './source-options.ts'

const ROLLBACK = encodeSourceRequest({ name: 'rollbackAtomicOp' })

/**
 * Writes a stream over TCP, with the calls of a store: operations are filled and committed without waiting for the
 * server, which answers each commit once it is durable. A lost connection is dialled again, and every operation is
 * written once. docs/spec/source-protocol.md.
 *
 * Data is copied when it is added. When the server refuses an operation, those after it fail too, as on a store; when
 * this client ends for good (`SourceConflictError`, a rejection that no retry cures, the signal), all calls throw why.
 */
export class SourceClient implements StreamWriter {
  readonly #engine: SourceEngine
  readonly #bufferBytes: number
  readonly #clock: Clock
  readonly #lifetime: AbortController
  readonly #detach: () => void
  #truncating = false
  #closing: Promise<void> | undefined

  private constructor(engine: SourceEngine, { bufferBytes, dial }: SourceSettings, lifetime: Lifetime) {
    this.#engine = engine
    this.#bufferBytes = bufferBytes
    this.#clock = dial.clock
    this.#lifetime = lifetime.controller
    this.#detach = lifetime.detach
    lifetime.controller.signal.addEventListener('abort', () => engine.fail(lifetime.controller.signal.reason), {
      once: true,
    })
  }

  /** Connect, once. See `connectSource`. */
  static async connect(options: SourceOptions): Promise<SourceClient> {
    const settings = sourceSettingsOf(options)
    const lifetime = lifetimeOf(options.signal)
    try {
      const engine = await SourceEngine.start(settings, lifetime.controller.signal)
      return new SourceClient(engine, settings, lifetime)
    } catch (error) {
      lifetime.detach()
      throw error
    }
  }

  get status(): SourceClientStatus {
    const { operations, isConnected: connected, lastError } = this.#engine
    return {
      connected,
      unacknowledged: operations.unacknowledged,
      bufferedBytes: operations.pendingBytes,
      lastError,
    }
  }

  /**
   * Begin an operation.
   *
   * @throws {SourceRefusedError} `ATOMIC_OP_IN_PROGRESS`, `TRUNCATE_IN_PROGRESS`, `CLOSED`
   * @throws {SourceRejectedError} `STORE_BROKEN`, `SERVER_FAILED` after a commit that failed so, until `writable()` resolves
   */
  startAtomicOp(): void {
    this.#checkOpen()
    if (this.#truncating) throw new SourceRefusedError('TRUNCATE_IN_PROGRESS', 'the stream is being truncated')
    this.#engine.operations.start()
  }

  /**
   * Add an entry to the open operation; returns the number that it will have.
   *
   * @throws {SourceRefusedError} `NO_ATOMIC_OP`, `ENTRY_TOO_LARGE`, `BAD_ENTRY_TYPE`, `TOO_MUCH_PENDING`,
   * `ATOMIC_OP_FAILED`; the operation stays as it was
   */
  addStreamEntry(type: number, data: Uint8Array): bigint {
    this.#engine.check()
    const number = this.#engine.operations.addEntry(type, data)
    this.#engine.send()
    return number
  }

  /**
   * Add a bookmark to the open operation; returns the number of its entry.
   *
   * @throws {SourceRefusedError} `BAD_BOOKMARK` if it is not of 1 to 16 bytes; otherwise as `addStreamEntry`
   */
  addStreamBookmark(bookmark: Uint8Array): bigint {
    this.#engine.check()
    const number = this.#engine.operations.addBookmark(bookmark)
    this.#engine.send()
    return number
  }

  /**
   * Commit the open operation. Resolves when the server has acknowledged it, on whichever connection.
   *
   * @throws {SourceRefusedError} `NO_ATOMIC_OP`, `ATOMIC_OP_FAILED`, or what the server refused it for
   * @throws {SourceRejectedError} `STORE_BROKEN`, `SERVER_FAILED`: it may or may not be in the stream. Once `writable()`
   * resolves, `getHeader()` says, and the next operation begins there.
   * @throws what ended this client: then the operation may or may not be in the stream
   */
  commitAtomicOp(): Promise<CommitResult> {
    const { operations } = this.#engine
    try {
      this.#engine.check()
      const { failure } = operations
      if (failure !== undefined) {
        this.rollbackAtomicOp()
        throw failure
      }
      const committed = operations.commit()
      this.#engine.committed()
      return committed
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Roll the open operation back. @throws {SourceRefusedError} `NO_ATOMIC_OP` */
  rollbackAtomicOp(): void {
    this.#engine.check()
    if (this.#engine.operations.rollback()) this.#engine.sendOnce(ROLLBACK)
  }

  /**
   * Resolves when adding more will not pile up in memory, and the server can write; to be awaited now and then by those
   * who add a lot.
   */
  async writable(): Promise<void> {
    const { operations } = this.#engine
    await this.#engine.until(() => operations.pendingBytes <= this.#bufferBytes && !operations.isInDoubt)
  }

  /**
   * Overwrite the data of a committed entry.
   *
   * @throws {SourceRefusedError} `ENTRY_NOT_FOUND`, or `ENTRY_DIFFERS` if it has another type or length
   * @throws {SourceRejectedError} as `commitAtomicOp`: it may or may not be done, and can be repeated
   */
  async updateEntryData(entryNumber: U64, type: number, data: Uint8Array): Promise<void> {
    this.#checkOpen()
    const number = u64Of(entryNumber, 'entryNumber')
    this.#engine.operations.updating(number)
    const answer = await this.#engine.request({ name: 'updateEntryData', number, type, data })
    if (answer.name !== 'done') throw unexpected(answer, 'the answer to an update')
  }

  /**
   * Remove an entry and all after it, once what was committed before is acknowledged.
   *
   * @throws {SourceRefusedError} `ATOMIC_OP_IN_PROGRESS`, `TRUNCATE_IN_PROGRESS`, `ENTRY_NOT_FOUND`
   * @throws {SourceRejectedError} as `commitAtomicOp`
   */
  async truncateFile(entryNumber: U64): Promise<void> {
    this.#checkOpen()
    const number = u64Of(entryNumber, 'entryNumber')
    const { operations } = this.#engine
    if (operations.isOpen) throw new SourceRefusedError('ATOMIC_OP_IN_PROGRESS', 'an atomic operation is open')
    if (this.#truncating) throw new SourceRefusedError('TRUNCATE_IN_PROGRESS', 'the stream is being truncated')
    this.#truncating = true
    try {
      await this.#engine.until(() => operations.unacknowledged === 0)
      operations.checkKnown()
      const { totalEntries } = operations.known
      const answer = await this.#engine.request({ name: 'truncateFile', number, totalEntries })
      if (answer.name !== 'done') throw unexpected(answer, 'the answer to a truncation')
      operations.truncated(number)
    } finally {
      this.#truncating = false
    }
  }

  /** The header, with all that was committed before this call. */
  async getHeader(): Promise<Header> {
    const answer = await this.#engine.request({ name: 'getHeader' })
    if (answer.name !== 'header') throw unexpected(answer, 'the header')
    return answer.header
  }

  /** A committed entry, or `undefined`. */
  async getEntry(entryNumber: U64): Promise<Entry | undefined> {
    const number = u64Of(entryNumber, 'entryNumber')
    return entryIn(await this.#engine.request({ name: 'getEntry', number }))
  }

  /** Number of a committed bookmark's entry, or `undefined`. @throws {RangeError} if it is not of 1 to 16 bytes */
  async getBookmark(bookmark: Uint8Array): Promise<bigint | undefined> {
    const answer = await this.#engine.request({ name: 'getBookmark', bookmark })
    if (answer.name !== 'bookmark') throw unexpected(answer, 'the number of a bookmark')
    return answer.number
  }

  /** The first entry after a bookmark that is none itself, or `undefined`. @throws {RangeError} as `getBookmark` */
  async getFirstEventAfterBookmark(bookmark: Uint8Array): Promise<Entry | undefined> {
    return entryIn(await this.#engine.request({ name: 'getFirstEventAfterBookmark', bookmark }))
  }

  /**
   * Roll back what is open, wait for the answers that are missing, then disconnect. What has none after `graceMs` is
   * rejected, and may or may not be in the stream. Calling it again waits too.
   */
  close({ graceMs = 10_000 }: SourceCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(graceMs: number): Promise<void> {
    const engine = this.#engine
    if (engine.operations.isOpen) this.rollbackAtomicOp()
    let late = false
    const timer = this.#clock.after(graceMs, () => {
      late = true
      engine.changes.notify()
    })
    await engine.until(() => late || engine.isIdle)
    timer.cancel()
    this.#detach()
    const error = new ConnectionError('CLOSED', 'the source was closed')
    await engine.finish(error)
    this.#lifetime.abort(error)
    await engine.ended()
  }

  #checkOpen(): void {
    this.#engine.check()
    if (this.#closing !== undefined) throw new SourceRefusedError('CLOSED', 'the source is closed')
  }
}

function entryIn(answer: RequestAnswer): Entry | undefined {
  if (answer.name !== 'entry') throw unexpected(answer, 'an entry')
  return answer.entry
}
