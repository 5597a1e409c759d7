import {
  encodeSourceAnswer,
  MessageReader,
  SourceCode,
  type SourceMessage,
  sourceMessageBytes,
} from '@datastreamer/format/source'
import type { NetSocket } from '@datastreamer/runtime'
import type { Arrival } from '../socket/endpoint.ts'
import { Inlet, type Input } from '../socket/inlet.ts'
import { Outlet } from '../socket/outlet.ts'
import { Peer } from '../socket/peer.ts'
import { type Fault, writeFault } from './fault.ts'
import { Share } from './share.ts'
import type { SourceCloseReason } from './source-events.ts'
import type { SourceContext, SourceStatus, SourceTally } from './source-options.ts'
import { SourceSession } from './source-session.ts'
import { SourceTimers } from './source-timers.ts'

/** Bytes of answers that may wait for a source client before no more of it is read. */
const MAX_WAITING_BYTES = 65_536
const PING = encodeSourceAnswer({ name: 'ping' })

/** Why a connection ends. */
interface Cause {
  readonly reason: SourceCloseReason
  /** What was found and expected, for people. */
  readonly detail?: string | undefined
}

/**
 * The connection of one source client: its socket, and the messages that its session takes. docs/spec/source-protocol.md.
 *
 * Invariants: one message is taken at a time, and none while what another asked for takes time; after a share of the event
 * loop others have their turn; once there is a cause to close, it stays the cause, and nothing more is taken.
 */
export class SourceConnection {
  readonly #context: SourceContext
  readonly #socket: NetSocket
  readonly #peer: Peer
  readonly #outlet: Outlet
  readonly #session: SourceSession
  readonly #inlet: Inlet<SourceMessage>
  readonly #keep: Arrival['keep']
  readonly #timers: SourceTimers
  readonly #share = new Share()
  /** Why it is closing, if it is. */
  #cause: Cause | undefined
  /** A request is being done that takes time, or others have their turn. */
  #isBusy = false

  constructor(arrival: Arrival, context: SourceContext) {
    const { clock, net, helloTimeoutMs, inactivityTimeoutMs, writeTimeoutMs } = context
    const { id, socket, acceptedAt, keep } = arrival
    this.#context = context
    this.#socket = socket
    this.#keep = keep
    this.#outlet = new Outlet(socket, {
      writeTimeoutMs,
      clock,
      net,
      onFlushed: () => this.#proceed(),
      onTimeout: () => this.#abort({ reason: 'WRITE_TIMEOUT' }),
    })
    this.#session = new SourceSession({
      id,
      context,
      outlet: this.#outlet,
      onAccepted: () => {
        this.#timers.accepted()
        keep(true)
      },
      onAnswered: () => this.#proceed(),
      onEnd: (fault) => this.close(fault),
    })
    this.#timers = new SourceTimers({
      clock,
      acceptedAt,
      helloTimeoutMs,
      inactivityTimeoutMs,
      isListening: () => !this.#isBusy && this.#inlet.isListening,
      onHelloLate: () => this.#abort({ reason: 'HELLO_TIMEOUT' }),
      onInactive: () => this.close({ code: 'INACTIVE', text: `nothing came for ${inactivityTimeoutMs} ms` }),
      onHeartbeat: () => {
        if (this.#outlet.drained) this.#outlet.write([PING])
      },
    })
    this.#inlet = new Inlet(socket, {
      clock,
      reader: new MessageReader((view, at) => this.#session.decode(view, at), sourceMessageBytes),
      onInput: () => this.#onInput(),
    })
    this.#peer = new Peer(arrival, clock, {
      onError: ({ message }) => this.#abort({ reason: 'CONNECTION_LOST', detail: message }),
      onClose: () => this.#onClose(),
    })
  }

  /** Resolves when nothing more happens at its socket. */
  get closed(): Promise<void> {
    return this.#peer.closed
  }

  /** What it sent and committed. */
  get tally(): SourceTally {
    return { ...this.#session.written, bytesReceived: this.#inlet.bytesReceived }
  }

  get status(): SourceStatus {
    const { commits, bytesReceived } = this.tally
    const { state, sourceId, operationOpen, waiting: commitsInFlight } = this.#session
    return {
      ...this.#peer.identity,
      remotePort: this.#peer.remotePort,
      state: state === 'over' ? 'closing' : state,
      sourceId,
      operationOpen,
      commitsInFlight,
      commits,
      bytesReceived,
      connectedAt: this.#peer.connectedAt,
    }
  }

  /** Say why, and end the connection after the answers that are known. */
  close({ code, text }: Fault): void {
    if (this.#cause !== undefined) return
    this.#leave({ reason: code, detail: text })
    const { totalEntries } = this.#context.store.getHeader()
    this.#outlet.end(encodeSourceAnswer({ name: 'closing', code: SourceCode[code], totalEntries, text }))
  }

  /** End at once: others have displaced it. */
  evict(): void {
    this.#abort({ reason: 'EVICTED' })
  }

  /** Take no more requests, answer what is under way, then close. */
  async finish(): Promise<void> {
    this.#inlet.close()
    await this.#session.settled()
    this.close({ code: 'SERVER_CLOSED', text: 'the server is shutting down' })
  }

  #onInput(): void {
    this.#timers.idle.touch()
    this.#proceed()
    if (this.#isReady) this.#await(this.#session.room())
  }

  /** Take the requests that may be taken. */
  #proceed(): void {
    try {
      while (this.#isReady) {
        const input = this.#inlet.peek()
        if (input === undefined) {
          this.#listen()
          return
        }
        this.#inlet.take()
        this.#await(this.#take(input))
      }
    } catch (error) {
      this.#inlet.close()
      this.close(writeFault(error))
    }
    this.#inlet.pause()
  }

  /** Whether the next request may be taken. */
  get #isReady(): boolean {
    if (this.#isBusy || this.#inlet.isClosed || this.#outlet.waiting > MAX_WAITING_BYTES) return false
    return this.#session.waiting < this.#context.maxCommitsInFlight
  }

  /** Read on. What came while nobody listened is heard only now, so the idle timeout begins anew. */
  #listen(): void {
    if (!this.#inlet.isListening) this.#timers.idle.touch()
    this.#inlet.listen()
  }

  /** Take no more until something is done. @param done is never rejected */
  #await(done: Promise<void> | undefined): void {
    if (done === undefined) return
    this.#isBusy = true
    void done.then(() => {
      this.#isBusy = false
      this.#timers.idle.touch()
      this.#proceed()
    })
  }

  #take(input: Input<SourceMessage>): Promise<void> | undefined {
    switch (input.t) {
      case 'fault':
        throw input.error
      case 'end':
        this.#end()
        return undefined
      case 'message': {
        const done = this.#session.take(input.message)
        return this.#share.spend(input.message) ? (done ?? this.#othersTurn()) : done
      }
    }
  }

  /** Resolves after the input that waits of all others, once there is room for more. */
  async #othersTurn(): Promise<void> {
    await new Promise<void>((resolve) => this.#context.clock.soon(resolve))
    await this.#session.room()
  }

  /** The source client ended its side: what it asked for is answered first. */
  #end(): void {
    this.#inlet.close()
    void this.#session.settled().then(() => {
      if (this.#cause !== undefined) return
      this.#leave({ reason: 'CLIENT_ENDED' })
      this.#outlet.end()
    })
  }

  #abort(cause: Cause): void {
    if (this.#cause === undefined) this.#leave(cause)
    this.#socket.destroy()
  }

  #leave(cause: Cause): void {
    this.#cause = cause
    this.#inlet.close()
    this.#timers.stop()
    if (this.#session.state !== 'handshaking') this.#keep(false)
    this.#session.end()
  }

  #onClose(): void {
    this.#abort({ reason: 'CONNECTION_LOST' })
    if (this.#cause === undefined) return
    const { reason, detail } = this.#cause
    const { commits, bytesReceived } = this.tally
    const { identity, connectedMs } = this.#peer
    const ending = { sourceId: this.#session.sourceId, reason, detail }
    this.#context.onEvent({ type: 'closed', ...identity, ...ending, commits, bytesReceived, connectedMs })
  }
}
