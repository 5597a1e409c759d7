import {
  encodeSourceAnswer,
  type OtherHello,
  type SourceAnswer,
  SourceCode,
  type SourceRequest,
} from '@datastreamer/format/source'
import type { StreamStore } from '@datastreamer/store'
import { AnswerQueue, type AnswerSlot } from './answer-queue.ts'
import { BreachError, endsConnection, type Fault, writeFault } from './fault.ts'
import { OperationSink } from './operation-sink.ts'
import { perform, type ReadFailure, type SerialRequest } from './requests.ts'

export interface SourceSessionOptions {
  readonly store: StreamStore
  /** Called with answers, in the order of what they answer. */
  readonly onAnswers: (bytes: Uint8Array) => void
  /** Called when a request was refused, which is also answered. */
  readonly onRefused: (fault: Fault) => void
  /** Called when something could not be read, which is also refused. */
  readonly onReadFailure: (failure: ReadFailure) => void
  /** Called when the connection cannot go on. */
  readonly onBroken: (fault: Fault) => void
}

/** What one source asks for, and what it is answered. docs/spec/source-protocol.md §4 to §6. */
export class SourceSession {
  readonly #options: SourceSessionOptions
  readonly #sink: OperationSink
  readonly #answers: AnswerQueue
  #over = false

  constructor(options: SourceSessionOptions) {
    this.#options = options
    this.#sink = new OperationSink(options.store)
    this.#answers = new AnswerQueue(options.onAnswers)
  }

  /** Answers that are awaited. */
  get waiting(): number {
    return this.#answers.waiting
  }

  get operationOpen(): boolean {
    return this.#sink.isOpen
  }

  /** What was committed. */
  get written(): { readonly commits: number; readonly entries: bigint } {
    return { commits: this.#sink.commits, entries: this.#sink.committedEntries }
  }

  /**
   * Do what a request says. If it gives a promise, which is never rejected, the next request has to wait for that.
   *
   * @throws {BreachError} if the request may not stand here @throws what ends the connection
   */
  take(request: SourceRequest | OtherHello): Promise<void> | undefined {
    switch (request.name) {
      case 'startAtomicOp':
        this.#sink.start(request.firstEntry)
        return undefined
      case 'addStreamEntry':
        this.#sink.addEntry(request.type, request.data)
        return undefined
      case 'addStreamBookmark':
        this.#sink.addBookmark(request.bookmark)
        return undefined
      case 'commitAtomicOp':
        this.#commit()
        return undefined
      case 'rollbackAtomicOp':
        this.#sink.rollback()
        return undefined
      case 'ping':
        return undefined
      case 'hello':
      case 'otherHello':
        throw new BreachError('BAD_STATE', 'a second hello')
      default:
        return this.#perform(request)
    }
  }

  /** Resolves when nothing of it is still to be done in the store. */
  settled(): Promise<void> {
    return this.#sink.settled()
  }

  /** Hand the answers over that are known, give no more, and roll back what is open. */
  end(): void {
    if (this.#over) return
    this.#answers.flush()
    this.#over = true
    this.#sink.abandon()
  }

  #commit(): void {
    const slot = this.#answers.reserve()
    this.#sink.commit().then(
      ({ firstEntry, nextEntry }) => this.#answer(slot, { name: 'committed', firstEntry, nextEntry }),
      (error: unknown) => this.#refuse(slot, writeFault(error)),
    )
  }

  /** A request that is done when all before it is done, and before all behind it. */
  async #perform(request: SerialRequest): Promise<void> {
    const slot = this.#answers.reserve()
    await this.#sink.settled()
    if (this.#over) return
    const work = perform(request, this.#options.store)
    this.#sink.track(work)
    const outcome = await work
    if ('answer' in outcome) {
      this.#answer(slot, outcome.answer)
      return
    }
    if (outcome.failure !== undefined) this.#options.onReadFailure(outcome.failure)
    this.#refuse(slot, outcome.fault)
  }

  #answer(slot: AnswerSlot, answer: SourceAnswer): void {
    if (!this.#over) this.#answers.settle(slot, () => encodeSourceAnswer(answer))
  }

  #refuse(slot: AnswerSlot, fault: Fault): void {
    if (this.#over) return
    if (endsConnection(fault)) {
      this.#options.onBroken(fault)
      return
    }
    this.#options.onRefused(fault)
    const { code, text } = fault
    this.#answers.settle(slot, () => {
      const { totalEntries } = this.#options.store.getHeader()
      return encodeSourceAnswer({ name: 'refused', code: SourceCode[code], totalEntries, text })
    })
  }
}
