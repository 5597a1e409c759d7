import {
  decodeSourceMessage,
  encodeSourceAnswer,
  SourceCode,
  type SourceHello,
  type SourceMessage,
} from '@datastreamer/format/source'
import type { Outlet } from '../socket/outlet.ts'
import { type Answer, AnswerQueue, type AnswerSlot } from './answer-queue.ts'
import { endsConnection, type Fault, RejectedError, SourceProtocolError, writeFault } from './fault.ts'
import { OperationSink } from './operation-sink.ts'
import { perform, type SerialRequest } from './requests.ts'
import type { SourceContext } from './source-options.ts'
import { checkHello, decodeHello, welcome } from './welcome.ts'
import type { Writer } from './writer-slot.ts'

export interface SourceSessionOptions {
  /** The connection's, for events. */
  readonly id: number
  readonly context: SourceContext
  /** Where answers go, in the order of what they answer. */
  readonly outlet: Pick<Outlet, 'write'>
  /** Called when the hello was accepted, and the writer slot is ours. */
  readonly onAccepted: () => void
  /** Called when answers were written, so that fewer are awaited. */
  readonly onAnswered: () => void
  /** Called when the connection has to end. */
  readonly onEnd: (fault: Fault) => void
}

/** docs/spec/source-protocol.md §3. */
type State =
  | 'handshaking'
  /** It has the writer slot, and waits for what the writer before has left to be finished. */
  | 'waiting'
  | 'writing'
  /** The connection ends. */
  | 'over'

/**
 * What one source client asks for, and what it is answered. docs/spec/source-protocol.md §3 to §6.
 *
 * Invariants: nothing reaches the store before `writing`; answers go in the order of their requests; `over` is final, and
 * leaves no operation open.
 */
export class SourceSession implements Writer {
  readonly #options: SourceSessionOptions
  readonly #sink: OperationSink
  readonly #answers: AnswerQueue
  #state: State = 'handshaking'
  #sourceId: string | undefined
  /** What the writer before has left to be finished. */
  #predecessor: Promise<void> = Promise.resolve()

  constructor(options: SourceSessionOptions) {
    this.#options = options
    this.#sink = new OperationSink(options.context.store)
    this.#answers = new AnswerQueue((packets) => {
      options.outlet.write(packets)
      options.onAnswered()
    })
  }

  get state(): State {
    return this.#state
  }

  get sourceId(): string | undefined {
    return this.#sourceId
  }

  get isOver(): boolean {
    return this.#state === 'over'
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
   * Decode the message at byte `at`, or all entries and bookmarks that are there. What is no hello is not awaited where a
   * hello is expected.
   */
  decode(view: DataView, at: number): SourceMessage | undefined {
    return this.#state === 'handshaking' ? decodeHello(view, at) : decodeSourceMessage(view, at)
  }

  /**
   * Do what a message says. If it gives a promise, which is never rejected, the next message has to wait for that.
   *
   * @throws {SourceProtocolError} if the message is not allowed here @throws what ends the connection
   */
  take(message: SourceMessage): Promise<void> | undefined {
    return this.#state === 'writing' ? this.#takeRequest(message) : this.#takeHello(message)
  }

  /** Resolves when nothing of it, nor of the writer before it, is still to be done in the store. */
  async settled(): Promise<void> {
    await this.#predecessor
    await this.#sink.settled()
  }

  /** Another connection takes the writer slot. */
  close(fault: Fault): void {
    this.#options.onEnd(fault)
  }

  /** Hand the answers over that are known, give no more, and roll back what is open. */
  end(): void {
    if (this.isOver) return
    this.#answers.flush()
    this.#state = 'over'
    this.#sink.abandon()
  }

  /** What has to be waited for before more is taken, so that an operation without an end does not pile up. */
  room(): Promise<void> | undefined {
    return this.#state === 'writing' ? this.#options.context.store.writable().catch(() => {}) : undefined
  }

  #takeHello(message: SourceMessage): Promise<void> {
    if (this.#state !== 'handshaking' || (message.name !== 'hello' && message.name !== 'otherHello')) {
      throw new SourceProtocolError('BAD_STATE', `${message.name} where a hello was expected`)
    }
    const { context, onAccepted } = this.#options
    const hello = checkHello(message, context)
    this.#sourceId = hello.sourceId
    const predecessor = context.slot.claim(this)
    if (predecessor === undefined) throw new RejectedError('BUSY', 'another source is connected')
    this.#predecessor = predecessor
    this.#state = 'waiting'
    onAccepted()
    return predecessor.then(() => this.#welcome(hello))
  }

  async #welcome({ sourceId, nextEntry = 0n }: SourceHello): Promise<void> {
    const { id, outlet, context, onEnd } = this.#options
    try {
      const answer = await welcome(context.store, context.inactivityTimeoutMs, nextEntry)
      if (this.#state !== 'waiting') return
      this.#state = 'writing'
      context.onEvent({ type: 'writing', id, sourceId, nextEntry: answer.header.totalEntries })
      outlet.write([encodeSourceAnswer(answer)])
    } catch (error) {
      const fault = writeFault(error)
      onEnd(endsConnection(fault) ? fault : { code: 'SERVER_FAILED', text: fault.text })
    }
  }

  #takeRequest(request: SourceMessage): Promise<void> | undefined {
    switch (request.name) {
      case 'startAtomicOp':
        this.#sink.start(request.firstEntry)
        return undefined
      case 'additions':
        this.#sink.add(request)
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
        throw new SourceProtocolError('BAD_STATE', 'a second hello')
      default:
        return this.#perform(request)
    }
  }

  #commit(): void {
    const slot = this.#answers.reserve()
    this.#sink.commit(
      (result) => this.#answer(slot, result),
      (error) => this.#refuse(slot, writeFault(error)),
    )
  }

  /** A request that is done when all before it is done, and before all after it. */
  async #perform(request: SerialRequest): Promise<void> {
    const slot = this.#answers.reserve()
    await this.#sink.settled()
    if (this.isOver) return
    const work = perform(request, this.#options.context.store)
    this.#sink.track(work)
    const outcome = await work
    if ('answer' in outcome) {
      const { answer } = outcome
      this.#answer(slot, () => encodeSourceAnswer(answer))
      return
    }
    const { id, context } = this.#options
    if (outcome.failure !== undefined) context.onEvent({ type: 'error', id, ...outcome.failure })
    this.#refuse(slot, outcome.fault)
  }

  #answer(slot: AnswerSlot, answer: Answer): void {
    if (!this.isOver) this.#answers.settle(slot, answer)
  }

  #refuse(slot: AnswerSlot, fault: Fault): void {
    if (this.isOver) return
    if (endsConnection(fault)) {
      this.#options.onEnd(fault)
      return
    }
    const { code, text } = fault
    this.#options.context.onEvent({ type: 'refused', id: this.#options.id, code, detail: text })
    this.#answers.settle(slot, () => {
      const { totalEntries } = this.#options.context.store.getHeader()
      return encodeSourceAnswer({ name: 'refused', code: SourceCode[code], totalEntries, text })
    })
  }
}
