import {
  decodeSourceRequest,
  encodeSourceAnswer,
  type OtherHello,
  SourceCode,
  type SourceHello,
  type SourceRequest,
} from '@datastreamer/format/source'
import type { NetSocket } from '@datastreamer/runtime'
import type { Arrival } from '../socket/endpoint.ts'
import { Outlet } from '../socket/outlet.ts'
import { BreachError, endsConnection, type Fault, NotAdmittedError, writeFault } from './fault.ts'
import type { SourceCloseReason, SourceEventDetails } from './source-events.ts'
import { SourceInlet } from './source-inlet.ts'
import type { SourceContext, SourceStatus, SourceTally } from './source-options.ts'
import { SourceSession } from './source-session.ts'
import { SourceTimers } from './source-timers.ts'
import { checkHello, decodeHello, welcome } from './welcome.ts'

/** Bytes of answers that may wait for a source before no more of it is read. */
const MAX_WAITING_BYTES = 65_536
const PING = encodeSourceAnswer({ name: 'ping' })

/** What a connection needs of its server. */
export interface SourceHost {
  readonly context: SourceContext
  /**
   * Take the one seat. Resolves when what the source before has left is finished; `undefined` if another source sits
   * there.
   */
  admit(newcomer: SourceConnection): Promise<void> | undefined
  onEvent(event: SourceEventDetails): void
}

export interface SourceConnectionOptions extends Arrival {
  readonly host: SourceHost
}

/** One source: its operations and requests, one after the other. docs/spec/source-protocol.md. */
export class SourceConnection {
  /** Resolves when nothing more happens at its socket. */
  readonly closed: Promise<void>
  readonly #id: number
  readonly #remoteAddress: string
  readonly #host: SourceHost
  readonly #socket: NetSocket
  readonly #outlet: Outlet
  readonly #session: SourceSession
  readonly #inlet: SourceInlet
  readonly #keep: Arrival['keep']
  readonly #timers: SourceTimers
  readonly #connectedAt: number
  #state: SourceStatus['state'] = 'greeting'
  #sourceId: string | undefined
  /** What the source before has left to be finished. */
  #before: Promise<void> = Promise.resolve()
  #cause: { readonly reason: SourceCloseReason; readonly detail: string | undefined } | undefined

  constructor({ id, remoteAddress, socket, acceptedAt, keep, host }: SourceConnectionOptions) {
    this.#id = id
    this.#remoteAddress = remoteAddress
    this.#host = host
    this.#connectedAt = host.context.clock.wallTime()
    this.#socket = socket
    this.#keep = keep
    this.#outlet = new Outlet(socket, {
      writeTimeoutMs: host.context.writeTimeoutMs,
      clock: host.context.clock,
      net: host.context.net,
      onFlushed: () => this.#inlet.proceed(),
      onSent: () => {},
      onTimeout: () => this.#abort('WRITE_TIMEOUT'),
    })
    this.#session = new SourceSession({
      store: host.context.store,
      onAnswers: (bytes) => {
        this.#outlet.write([bytes])
        this.#inlet.proceed()
      },
      onRefused: ({ code, text }) => host.onEvent({ type: 'refused', id, code, detail: text }),
      onReadFailure: (failure) => host.onEvent({ type: 'error', id, ...failure }),
      onBroken: (fault) => this.close(fault),
    })
    const { helloTimeoutMs, inactivityTimeoutMs } = host.context
    this.#timers = new SourceTimers({
      clock: host.context.clock,
      acceptedAt,
      helloTimeoutMs,
      inactivityTimeoutMs,
      isListening: () => this.#inlet.isListening,
      onHelloLate: () => this.#abort('HELLO_TIMEOUT'),
      onInactive: () => this.close({ code: 'INACTIVE', text: `nothing came for ${inactivityTimeoutMs} ms` }),
      onHeartbeat: () => {
        if (this.#outlet.drained) this.#outlet.write([PING])
      },
    })
    this.#inlet = new SourceInlet(socket, {
      silence: this.#timers.silence,
      // What is no hello is not awaited.
      decode: (view, at) => (this.#state === 'greeting' ? decodeHello(view, at) : decodeSourceRequest(view, at)),
      isReady: () => this.#isReady,
      onRequest: (request) => this.#handle(request),
      // An operation without an end must not pile up.
      onChunk: () => (this.#state === 'writing' ? host.context.store.writable().catch(() => {}) : undefined),
      onEnd: () => this.#end(),
      onError: (error) => this.close(writeFault(error)),
    })
    socket.on('error', (error) => this.#abort('CONNECTION_LOST', error.message))
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#onClose()
        resolve()
      })
    })
  }

  /** `undefined` until it said who it is. */
  get sourceId(): string | undefined {
    return this.#sourceId
  }

  get isClosing(): boolean {
    return this.#state === 'closing'
  }

  /** What it sent and committed. */
  get tally(): SourceTally {
    return { ...this.#session.written, bytesReceived: this.#inlet.bytesReceived }
  }

  get status(): SourceStatus {
    return {
      id: this.#id,
      remoteAddress: this.#remoteAddress,
      remotePort: this.#socket.remotePort ?? 0,
      state: this.#state,
      sourceId: this.#sourceId,
      operationOpen: this.#session.operationOpen,
      commitsInFlight: this.#session.waiting,
      commits: this.tally.commits,
      bytesReceived: this.tally.bytesReceived,
      connectedAt: new Date(this.#connectedAt),
    }
  }

  /** Resolves when nothing that it asked for, nor the one before it, is still to be done in the store. */
  async settled(): Promise<void> {
    await this.#before
    await this.#session.settled()
  }

  /** Say why, and end the connection behind the answers that are known. */
  close({ code, text }: Fault): void {
    if (this.#cause !== undefined) return
    this.#leave(code, text)
    const { totalEntries } = this.#host.context.store.getHeader()
    this.#outlet.end(encodeSourceAnswer({ name: 'closing', code: SourceCode[code], totalEntries, text }))
  }

  /** End at once: newcomers have displaced it. */
  evict(): void {
    this.#abort('EVICTED')
  }

  /** Take no more requests, answer what is under way, then close. */
  async finish(): Promise<void> {
    this.#inlet.close()
    await this.settled()
    this.close({ code: 'SERVER_CLOSED', text: 'the server is shutting down' })
  }

  /** Whether the next request may be taken. */
  get #isReady(): boolean {
    if (this.#outlet.waiting > MAX_WAITING_BYTES) return false
    return this.#session.waiting < this.#host.context.maxCommitsInFlight
  }

  #handle(request: SourceRequest | OtherHello): Promise<void> | undefined {
    if (this.#state === 'writing') return this.#session.take(request)
    if (this.#state !== 'greeting' || (request.name !== 'hello' && request.name !== 'otherHello')) {
      throw new BreachError('BAD_STATE', `${request.name} where a hello was expected`)
    }
    return this.#greet(checkHello(request, this.#host.context))
  }

  #greet(hello: SourceHello): Promise<void> {
    this.#sourceId = hello.sourceId
    const admitted = this.#host.admit(this)
    if (admitted === undefined) throw new NotAdmittedError('BUSY', 'another source is connected')
    this.#before = admitted
    this.#state = 'waiting'
    this.#timers.admitted()
    this.#keep(true)
    return admitted.then(() => this.#welcome(hello))
  }

  async #welcome({ nextEntry = 0n }: SourceHello): Promise<void> {
    const { store, inactivityTimeoutMs } = this.#host.context
    try {
      const answer = await welcome(store, inactivityTimeoutMs)
      if (this.#state !== 'waiting') return
      const { totalEntries } = answer.header
      if (nextEntry > totalEntries) {
        const message = `the source knows of ${nextEntry} entries, the stream has ${totalEntries}`
        throw new NotAdmittedError('ENTRIES_MISSING', message)
      }
      this.#state = 'writing'
      this.#timers.silence.heard()
      this.#host.onEvent({ type: 'writing', id: this.#id, sourceId: this.#sourceId ?? '', nextEntry: totalEntries })
      this.#outlet.write([encodeSourceAnswer(answer)])
    } catch (error) {
      const fault = writeFault(error)
      this.close(endsConnection(fault) ? fault : { code: 'SERVER_FAILED', text: fault.text })
    }
  }

  /** The source ended its side: what it asked for is answered first. */
  #end(): void {
    void this.settled().then(() => {
      if (this.#cause !== undefined) return
      this.#leave('CLIENT_ENDED')
      this.#outlet.end()
    })
  }

  #abort(reason: SourceCloseReason, detail?: string): void {
    if (this.#cause === undefined) this.#leave(reason, detail)
    this.#socket.destroy()
  }

  #leave(reason: SourceCloseReason, detail?: string): void {
    this.#cause = { reason, detail }
    this.#inlet.close()
    this.#timers.stop()
    if (this.#state !== 'greeting') this.#keep(false)
    this.#session.end()
    this.#state = 'closing'
  }

  #onClose(): void {
    this.#abort('CONNECTION_LOST')
    this.#host.onEvent({
      type: 'closed',
      id: this.#id,
      remoteAddress: this.#remoteAddress,
      sourceId: this.#sourceId,
      reason: this.#cause?.reason ?? 'CONNECTION_LOST',
      detail: this.#cause?.detail,
      commits: this.tally.commits,
      bytesReceived: this.tally.bytesReceived,
      connectedMs: this.#host.context.clock.wallTime() - this.#connectedAt,
    })
  }
}
