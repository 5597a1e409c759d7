import type { Command } from '@datastreamer/format'
import type { NetSocket } from '@datastreamer/runtime'
import type { Arrival } from '../socket/endpoint.ts'
import { Inlet } from '../socket/inlet.ts'
import { Outlet } from '../socket/outlet.ts'
import { Peer } from '../socket/peer.ts'
import { type Cause, ClientSession, type SessionEnd } from './client-session.ts'
import { CommandReader } from './command-reader.ts'
import type { Rank, Task } from './fair-scheduler.ts'
import type { ConnectionContext } from './server-options.ts'
import type { ConnectionStatus } from './server-status.ts'

/** Commands that one share of the event loop is good for, where they can be answered without reading. */
const COMMANDS_A_TURN = 16
/** Commands by which a client says what it has come for. */
const FIRST_COMMANDS = 4

/**
 * The connection of one client: its socket, and the turns in which its session goes on.
 *
 * Invariants: nothing is taken and no stream is written outside of a turn, but what follows a commit at or just behind the
 * head of the log; once there is a cause to close, it stays the cause, and nothing more is taken.
 */
export class ClientConnection implements Task {
  readonly #context: ConnectionContext
  readonly #socket: NetSocket
  readonly #peer: Peer
  readonly #outlet: Outlet
  readonly #inlet: Inlet<Command>
  readonly #session: ClientSession
  readonly #requestTurn: () => void
  /** Commands that were taken, and other input. */
  #commands = 0
  /** Why it is closing, if it is. */
  #cause: Cause | undefined

  constructor(arrival: Arrival, context: ConnectionContext) {
    const { clock, net, log, scheduler, writeTimeoutMs, commandTimeoutMs } = context
    const { id, socket } = arrival
    this.#context = context
    this.#socket = socket
    this.#requestTurn = () => scheduler.enqueue(this)
    this.#outlet = new Outlet(socket, {
      writeTimeoutMs,
      clock,
      net,
      onFlushed: () => this.#onFlushed(),
      onTimeout: (expected) => this.#abort({ reason: expected === 'writes' ? 'WRITE_TIMEOUT' : 'INACTIVE' }),
    })
    this.#session = new ClientSession({
      id,
      context,
      outlet: this.#outlet,
      requestTurn: this.#requestTurn,
      onEnd: (end) => this.#onSessionEnd(end),
    })
    this.#inlet = new Inlet(socket, {
      clock,
      reader: new CommandReader(log.header.streamType, context.unknownCommands),
      onInput: this.#requestTurn,
      messageTimeoutMs: commandTimeoutMs,
      onTimeout: () => this.#abort({ reason: 'COMMAND_TIMEOUT' }),
    })
    this.#peer = new Peer(arrival, clock, {
      onError: ({ code, message: detail }) => this.#abort({ reason: 'CONNECTION_LOST', code, detail }),
      onClose: () => this.#onClose(),
    })
  }

  /** Resolves when nothing more happens at it. */
  get closed(): Promise<void> {
    return this.#peer.closed
  }

  get status(): ConnectionStatus {
    const { stream } = this.#session
    const state = stream === undefined ? 'stopped' : 'streaming'
    const { totalEntries } = this.#context.log.header
    return {
      ...this.#peer.identity,
      remotePort: this.#peer.remotePort,
      state: this.#cause === undefined ? state : 'closing',
      entryNumber: stream && BigInt(stream.entryNumber),
      lagEntries: stream && !stream.bounded ? Number(totalEntries) - stream.entryNumber : undefined,
      bytesSent: this.bytesSent,
      connectedAt: this.#peer.connectedAt,
    }
  }

  /** Bytes that were handed to the socket. */
  get bytesSent(): number {
    return this.#outlet.bytesSent
  }

  /** End the connection between two entries, after what is already written. */
  close(cause: Cause, last?: Uint8Array): void {
    if (this.#cause !== undefined) return
    this.#end(cause)
    this.#outlet.end(last)
  }

  get rank(): Rank {
    const { stream } = this.#session
    if (this.#inlet.isListening && stream !== undefined) return stream.isLive ? 'live' : 'single'
    if (this.#inlet.hasBacklog) return 'backlog'
    return this.#commands < FIRST_COMMANDS ? 'new' : 'single'
  }

  /** Take some commands, and write one chunk of a stream. */
  runTurn(): boolean {
    this.#context.refresh()
    if (this.#cause !== undefined) return false
    // No command may be taken before the first entries are written; later, Stop comes before more of them.
    const { isStreamFirst } = this.#session
    if (isStreamFirst) this.#session.step()
    const more = this.#outlet.collect(() => this.#takeCommands())
    if (!isStreamFirst) this.#session.step()
    return more
  }

  /** Take commands as long as they may be taken; returns whether more may be, in the next share. */
  #takeCommands(): boolean {
    for (let left = COMMANDS_A_TURN; this.#session.isReady; left--) {
      const input = this.#inlet.peek()
      if (input === undefined) {
        this.#inlet.listen()
        return false
      }
      if (!this.#session.mayTake(input)) break
      if (left === 0) return true
      this.#inlet.take()
      this.#commands++
      this.#session.take(input)
    }
    this.#inlet.pause()
    return false
  }

  /** A client at the head of the log, or just behind, needs no turn: it gets the next commit as soon as that is there. */
  #onFlushed(): void {
    if (this.#cause !== undefined) return
    const { stream } = this.#session
    if (this.#inlet.isListening && stream !== undefined && (stream.rest() || stream.stepToHead())) return
    this.#requestTurn()
  }

  #onSessionEnd(end: SessionEnd): void {
    if (end.t === 'close') this.close(end.cause, end.last)
    else this.#abort(end.cause)
  }

  #abort(cause: Cause): void {
    if (this.#cause === undefined) this.#end(cause)
    this.#socket.destroy()
  }

  #end(cause: Cause): void {
    this.#cause = cause
    this.#inlet.close()
    this.#session.end()
  }

  #onClose(): void {
    this.#abort({ reason: 'CONNECTION_LOST' })
    if (this.#cause === undefined) return
    const { reason, code, detail } = this.#cause
    const { identity, connectedMs } = this.#peer
    this.#context.onEvent({
      type: 'closed',
      ...identity,
      reason,
      code,
      detail,
      bytesSent: this.bytesSent,
      connectedMs,
    })
  }
}
