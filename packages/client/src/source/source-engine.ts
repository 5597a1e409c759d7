import type { SourceRequest } from '@datastreamer/format/source'
import { sleep } from '@datastreamer/runtime'
import { IdentityCheck } from '../resume/identity.ts'
import { Retry } from '../resume/retry.ts'
import { Changes } from './changes.ts'
import { type Control, Controls } from './controls.ts'
import { Operations } from './operations.ts'
import { Queue } from './queue.ts'
import { reconcile } from './reconcile.ts'
import { cannotWrite, isRetryable, refusedError } from './source-errors.ts'
import { type RequestAnswer, SourceLink, unexpected, type Welcome } from './source-link.ts'
import type { SourceSettings } from './source-options.ts'

/** Bytes that are sent without waiting for the rest of what this turn of the event loop brings. */
const SEND_BYTES = 65_536

/** Brings operations and requests to the server and their answers back, over any number of connections. */
export class SourceEngine {
  readonly operations: Operations
  /** Notified whenever something was answered, or this source has ended. */
  readonly changes: Changes = new Changes()
  readonly #controls = new Controls()
  readonly #settings: SourceSettings
  readonly #identity: IdentityCheck
  readonly #signal: AbortSignal
  readonly #retry: Retry
  #link: SourceLink | undefined
  /** What the server will answer on this connection, in order. */
  #awaited = new Queue<Control | 'commit'>()
  #isSendDue = false
  #lastError: unknown
  #failure: { readonly error: unknown } | undefined
  #running: Promise<void> = Promise.resolve()

  private constructor(settings: SourceSettings, identity: IdentityCheck, welcome: Welcome, signal: AbortSignal) {
    this.#settings = settings
    this.#identity = identity
    this.#signal = signal
    this.#retry = new Retry(settings.dial.backoff)
    const { totalEntries } = welcome.header
    this.operations = new Operations({ totalEntries, last: welcome.digest }, settings.maxBufferedBytes)
  }

  /** Connect, once. */
  static async start(settings: SourceSettings, signal: AbortSignal): Promise<SourceEngine> {
    const identity = new IdentityCheck(settings.dial)
    const { nextEntry } = settings
    const link = await SourceLink.open(settings, nextEntry, () => nextEntry ?? 0n, signal)
    try {
      const { header, digest } = link.welcome
      identity.check(header)
      const { totalEntries } = header
      if (nextEntry !== undefined) reconcile([{ totalEntries: nextEntry, last: undefined }], { totalEntries, digest })
      const engine = new SourceEngine(settings, identity, link.welcome, signal)
      engine.#running = engine.#run(link)
      return engine
    } catch (error) {
      link.fail(error)
      throw error
    }
  }

  get isConnected(): boolean {
    return this.#link !== undefined
  }

  /** What the last connection failed with. */
  get lastError(): unknown {
    return this.#lastError
  }

  /** Whether nothing waits for an answer. */
  get isIdle(): boolean {
    return this.operations.unacknowledged === 0 && this.#controls.pending.length === 0
  }

  /** @throws what ended this source for good */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Resolves when `done` gives `true`, or this source has ended; asked whenever something was answered. */
  async until(done: () => boolean): Promise<void> {
    while (this.#failure === undefined && !done()) {
      await this.changes.next()
    }
  }

  /** Send what was added to the log, soon. */
  send(): void {
    if (this.#link === undefined) return
    if (this.operations.log.unsentBytes >= SEND_BYTES) this.#sendLog()
    else if (!this.#isSendDue) this.#sendSoon()
  }

  /** The open operation was committed here. */
  committed(): void {
    if (this.#link !== undefined) this.#awaited.push('commit')
    this.send()
  }

  /** Send a message that is neither kept nor answered, after all that was added to the log. */
  sendOnce(bytes: Uint8Array): void {
    if (this.#link === undefined) return
    this.#sendLog()
    this.#link.send([bytes])
  }

  /** The answer to a request; a refusal is thrown. */
  async request(request: SourceRequest): Promise<RequestAnswer> {
    this.check()
    const { control, answer } = this.#controls.add(request)
    if (this.#link !== undefined) {
      this.#awaited.push(control)
      this.sendOnce(control.bytes)
    }
    return answer
  }

  /** End at once. */
  fail(error: unknown): void {
    this.#end(error)?.fail(error)
  }

  /** End after what was sent. */
  async finish(error: unknown): Promise<void> {
    await this.#end(error)?.finish()
  }

  /** Resolves when nothing more happens, once it has ended and its signal has aborted. */
  ended(): Promise<void> {
    return this.#running
  }

  /** Give all up; returns the connection if there is one. */
  #end(error: unknown): SourceLink | undefined {
    if (this.#failure !== undefined) return undefined
    this.#failure = { error }
    const link = this.#link
    this.#detach()
    this.operations.fail(error)
    this.#controls.fail(error)
    this.changes.notify()
    return link
  }

  async #run(first: SourceLink): Promise<void> {
    const { clock } = this.#settings.dial
    let link: SourceLink | undefined = first
    while (this.#failure === undefined) {
      let since = Number.POSITIVE_INFINITY
      try {
        link ??= await this.#dial()
        this.#attach(link)
        since = clock.now()
        await link.answers((answer) => this.#take(answer))
      } catch (error) {
        if (this.#failure !== undefined) return
        link?.fail(error)
        link = undefined
        this.#detach()
        await this.#pause(error, Math.max(0, clock.now() - since))
      }
    }
  }

  #dial(): Promise<SourceLink> {
    const { totalEntries } = this.operations.known
    const { truncatingTo } = this.#controls
    const isShorter = truncatingTo !== undefined && truncatingTo < totalEntries
    return SourceLink.open(this.#settings, isShorter ? truncatingTo : totalEntries, () => totalEntries, this.#signal)
  }

  /** Wait before the next connection; gives up if there is no sense in one. */
  async #pause(error: unknown, connectedMs: number): Promise<void> {
    this.#lastError = error
    if (cannotWrite(error)) {
      this.operations.giveUp(error)
      this.#controls.fail(error)
      this.changes.notify()
    }
    const { clock } = this.#settings.dial
    try {
      if (!isRetryable(error)) throw error
      const waitMs = this.#retry.failed(error, connectedMs)
      if (waitMs > 0) await sleep(clock, waitMs, { signal: this.#signal })
    } catch (reason) {
      this.fail(this.#signal.aborted ? this.#signal.reason : reason)
    }
  }

  #attach(link: SourceLink): void {
    if (this.#failure !== undefined) {
      link.fail(this.#failure.error)
      return
    }
    const { header, digest } = link.welcome
    this.#identity.check(header)
    const { totalEntries } = header
    if (totalEntries === this.#controls.truncatingTo) {
      this.operations.truncated(totalEntries)
      this.#controls.truncationIsMade()
    }
    this.operations.reconcile({ totalEntries, digest })
    this.#controls.reconciled()
    const controls = this.#controls.pending
    this.#awaited = new Queue()
    for (let i = 0; i < this.operations.unacknowledged; i++) this.#awaited.push('commit')
    for (const control of controls) this.#awaited.push(control)
    this.#link = link
    this.#sendLog()
    link.send(controls.map(({ bytes }) => bytes))
    this.changes.notify()
  }

  #detach(): void {
    this.#link = undefined
  }

  #sendSoon(): void {
    this.#isSendDue = true
    this.#settings.dial.clock.soon(() => {
      this.#isSendDue = false
      this.#sendLog()
    })
  }

  #sendLog(): void {
    this.#link?.send(this.operations.log.takeUnsent())
  }

  #take(answer: RequestAnswer): void {
    const awaited = this.#awaited.shift()
    if (awaited === undefined) throw unexpected(answer, 'nothing, as nothing was asked for')
    this.#retry.progressed()
    if (awaited === 'commit') {
      if (answer.name === 'committed') this.operations.acknowledge(answer)
      else if (answer.name === 'refused') this.operations.refuse(refusedError(answer), answer.totalEntries)
      else throw unexpected(answer, 'the answer to a commit')
    } else {
      this.#controls.remove(awaited)
      if (answer.name === 'refused') awaited.reject(refusedError(answer))
      else awaited.resolve(answer)
    }
    this.changes.notify()
  }
}
