import { Worker } from 'node:worker_threads'
import type { ServerTlsOptions } from '@datastreamer/runtime'
import type { KnownBoundaries } from '@datastreamer/store/log'
import { type ReplicaLink, receivedError, type StreamLog } from '@datastreamer/store/log'

import type { EventDetails } from '../tcp/server-events.ts'
import type { FindBookmark } from '../tcp/server-options.ts'
import type { ServedSignatures } from '../tcp/signature-state.ts'
import { ThreadChannel } from './channel.ts'
import type { SentEvent, ThreadAnswers, ThreadStart, ToServer, ToThread } from './messages.ts'

export interface ClientThreadOptions {
  readonly log: StreamLog
  readonly findBookmark: FindBookmark
  readonly operationBoundaries: KnownBoundaries
  readonly signatures: ServedSignatures | undefined
  readonly start: Omit<ThreadStart, 'replica' | 'sent' | 'signatures'>
  readonly onEvent: (event: EventDetails) => void
}

/** A thread that has a share of a server's clients. What it cannot know of the stream it asks this side. */
export class ClientThread {
  readonly #options: ClientThreadOptions
  readonly #worker: Worker
  readonly #channel: ThreadChannel<ToThread, ToServer>
  readonly #link: ReplicaLink
  readonly #unlisten: (() => void) | undefined

  constructor(options: ClientThreadOptions) {
    this.#options = options
    const sent = new Int32Array(new SharedArrayBuffer(4))
    const { signatures } = options
    const { start: replica, link } = options.log.replicate((update) => {
      this.#channel.post({ t: 'log', update })
      Atomics.add(sent, 0, 1)
    })
    this.#link = link
    const workerData: ThreadStart = { ...options.start, replica, sent: sent.buffer, signatures: signatures?.state }
    this.#worker = new Worker(WORKER, { workerData, execArgv: WORKER_ARGUMENTS })
    this.#channel = new ThreadChannel(this.#worker, {
      onNote: (note) => this.#onNote(note),
      onRequest: (request) => this.#answer(request),
    })
    this.#unlisten = signatures?.listen(() => this.#channel.post({ t: 'signatures', state: signatures.state }))
    this.#worker.on('message', (message) => this.#channel.receive(message))
    this.#worker.on('error', (error) => this.#onError(error))
    this.#worker.on('exit', () => this.#onExit())
  }

  /** @throws {ListenError} as another error with its code and message */
  request<T extends keyof ThreadAnswers>(request: Extract<ToThread['request'], { t: T }>): Promise<ThreadAnswers[T]> {
    return this.#channel.request(request)
  }

  renewTls(tls: ServerTlsOptions): void {
    void this.#channel.request({ t: 'renewTls', tls }).catch(() => undefined)
  }

  /** Close its connections, and end it. */
  async close(graceMs: number): Promise<void> {
    await this.#channel.request({ t: 'close', graceMs }).catch(() => undefined)
    await this.#worker.terminate()
  }

  #onNote(note: ToServer['note']): void {
    if (note.t === 'acknowledged') {
      this.#link.acknowledge(note.id)
      return
    }
    for (const event of note.events) this.#options.onEvent(this.#received(event))
    this.#channel.post({ t: 'eventsHandled' })
  }

  #received(event: SentEvent): EventDetails {
    if (event.type !== 'error') return event
    const again = (): Promise<unknown> => this.#channel.request({ t: 'again', number: event.again })
    return { type: 'error', id: event.id, error: receivedError(event.error), again }
  }

  async #answer(request: ToServer['request']): Promise<unknown> {
    const { log, findBookmark, operationBoundaries, signatures } = this.#options
    switch (request.t) {
      case 'findBookmark':
        return findBookmark(request.bookmark)
      case 'lastUpTo':
        return operationBoundaries.lastUpTo(request.number)
      case 'isKnownAt':
        return operationBoundaries.isKnownAt(request.number)
      case 'pageEnd':
        return signatures?.pageEnd(request.page)
      case 'signatureAfter':
        return signatures?.after(request.number)
      case 'digestAt':
        return signatures?.digestAt(request.number)
      case 'confirm':
        return log.confirmed()
      case 'isSameFile':
        return log.isAtPath()
    }
  }

  /** Whoever waits hears of it; if nobody does, it is an error of this process as it would be without threads. */
  #onError(error: unknown): void {
    const failure = error instanceof Error ? error : new Error(String(error))
    if (this.#channel.close(failure) > 0) return
    throw failure
  }

  #onExit(): void {
    this.#unlisten?.()
    this.#link.stop()
    this.#channel.close(new Error('the thread has ended'))
  }
}

/** The worker is beside this module in the sources, and beside the bundle. */
const IS_SOURCE = import.meta.url.endsWith('.ts')
const WORKER = new URL(IS_SOURCE ? './client-worker.ts' : './client-worker.js', import.meta.url)
/** From the sources it imports sources. */
const WORKER_ARGUMENTS = IS_SOURCE ? ['--conditions=@datastreamer/source'] : []
