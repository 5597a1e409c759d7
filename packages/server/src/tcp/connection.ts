import { type Command, encodeResult, type FormatError, ResultCode } from '@datastreamer/format'
import type { NetSocket } from '@datastreamer/runtime'
import type { CommitPoint } from '@datastreamer/store'
import { Outlet } from '../socket/outlet.ts'
import { type Answer, answer, type Query, resultOfFault } from './answers.ts'
import { BoundaryPackets } from './boundary-packets.ts'
import { type EntrySink, EntryStream } from './entry-stream.ts'
import { FailedStarts } from './failed-starts.ts'
import { Inlet } from './inlet.ts'
import type { CloseReason } from './server-events.ts'
import type { ConnectionHost } from './server-options.ts'
import type { ConnectionStatus } from './server-status.ts'
import type { Participant } from './turns.ts'

const OK = encodeResult(ResultCode.OK)
/** Commands that one share of the event loop is good for, where they can be answered without reading. */
const COMMANDS_A_TURN = 16
/** Bytes of answers after which a share is over. */
const ANSWER_BYTES_A_TURN = 16 * 1024

/** Why and how a connection ended. */
interface Cause {
  readonly reason: CloseReason
  readonly code?: string | undefined
  readonly detail?: string | undefined
}

/** What a connection is doing. docs/spec/protocol.md §2. */
type State =
  | { readonly t: 'stopped' }
  | { readonly t: 'streaming'; readonly stream: EntryStream }
  | { readonly t: 'closing'; readonly cause: Cause }

export interface ConnectionOptions {
  /** Unique in its server. */
  readonly id: number
  readonly remoteAddress: string
  readonly socket: NetSocket
  readonly host: ConnectionHost
}

/** One client: its commands, one after the other, and the entries that it asked for. docs/spec/protocol.md §2. */
export class Connection implements EntrySink, Participant {
  /** Resolves when nothing more happens at it. */
  readonly closed: Promise<void>
  readonly #id: number
  readonly #remoteAddress: string
  readonly #remotePort: number
  readonly #host: ConnectionHost
  readonly #socket: NetSocket
  readonly #outlet: Outlet
  readonly #inlet: Inlet
  readonly #connectedAt: number
  #state: State = { t: 'stopped' }
  /** What a command asks for is being read. */
  #answering = false
  #sendsBoundaries = false
  readonly #failedStarts = new FailedStarts()

  constructor({ id, remoteAddress, socket, host }: ConnectionOptions) {
    this.#id = id
    this.#remoteAddress = remoteAddress
    this.#remotePort = socket.remotePort ?? 0
    this.#host = host
    this.#connectedAt = host.context.clock.wallTime()
    this.#socket = socket
    this.#outlet = new Outlet(socket, {
      writeTimeoutMs: host.context.writeTimeoutMs,
      clock: host.context.clock,
      net: host.context.net,
      onFlushed: () => this.#onFlushed(),
      onSent: (bytes) => host.onSent(bytes),
      onTimeout: (expected) => this.#abort({ reason: expected === 'writes' ? 'WRITE_TIMEOUT' : 'INACTIVE' }),
    })
    this.#outlet.idleTimeout(host.context.inactivityTimeoutMs)
    this.#inlet = new Inlet(socket, {
      clock: host.context.clock,
      streamType: host.context.log.header.streamType,
      commandTimeoutMs: host.context.commandTimeoutMs,
      isReady: () => this.#isReady,
      // The entries of a range are part of its answer; only Stop overtakes them.
      isStopOnly: () => this.#state.t === 'streaming' && this.#state.stream.bounded,
      onInput: () => this.onReady(),
      onCommand: (command) => this.#take(command),
      onFault: (fault) => this.#refuseBytes(fault),
      onEnd: () => this.close({ reason: 'CLIENT_ENDED' }),
      onTimeout: () => this.#abort({ reason: 'COMMAND_TIMEOUT' }),
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#abort({ reason: 'CONNECTION_LOST', code: error.code, detail: error.message }),
    )
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#onClose()
        resolve()
      })
    })
  }

  get status(): ConnectionStatus {
    const stream = this.#state.t === 'streaming' ? this.#state.stream : undefined
    const { totalEntries } = this.#host.context.log.header
    return {
      id: this.#id,
      remoteAddress: this.#remoteAddress,
      remotePort: this.#remotePort,
      state: this.#state.t,
      entryNumber: stream && BigInt(stream.entryNumber),
      lagEntries: stream && !stream.bounded ? Number(totalEntries) - stream.entryNumber : undefined,
      bytesSent: this.#outlet.bytesSent,
      connectedAt: new Date(this.#connectedAt),
    }
  }

  /** End the connection between two entries, behind what is already written. */
  close(cause: Cause, last?: Uint8Array): void {
    if (this.#state.t === 'closing') return
    this.#become({ t: 'closing', cause })
    this.#outlet.end(last)
  }

  get drained(): boolean {
    return this.#outlet.drained
  }

  write(packets: readonly Uint8Array[], onTaken: () => void): void {
    this.#outlet.write(packets, onTaken)
  }

  /** Stand in line for the next share of the event loop. */
  onReady(): void {
    if (this.#state.t !== 'closing') this.#host.context.turns.enter(this)
  }

  get hasBacklog(): boolean {
    return this.#inlet.hasBacklog
  }

  /** Take some commands, and write one part of a stream. */
  takeTurn(): boolean {
    const stream = this.#state.t === 'streaming' ? this.#state.stream : undefined
    // No command may be taken before the first entries are written; later, Stop comes before more of them. What comes
    // when a range is over does not stop it any more.
    const isFirst = stream?.opened === false || stream?.isOver === true
    if (isFirst) stream.step()
    const more = this.#outlet.collect(() => this.#inlet.take(COMMANDS_A_TURN))
    if (!isFirst) stream?.step()
    return more
  }

  onEnd(): void {
    this.#stop()
    this.onReady()
  }

  onCut({ totalEntries }: CommitPoint, entryNumber: number): void {
    this.#abort({ reason: 'TRUNCATED', detail: `at entry ${entryNumber}, the stream now has ${totalEntries}` })
  }

  onError(error: unknown, again: () => Promise<unknown>): void {
    this.#host.onEvent({ type: 'error', id: this.#id, error, again })
    const { code, message: detail }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
    this.close({ reason: 'READ_FAILED', code, detail })
  }

  /** A reader at the head of the log needs no turn: it gets the next commit as soon as that is there. */
  #onFlushed(): void {
    if (this.#state.t === 'streaming' && this.#inlet.isIdle && this.#state.stream.rest()) return
    this.onReady()
  }

  /** Whether the next command may be taken: only when the answer to the one before is gone. */
  get #isReady(): boolean {
    const state = this.#state
    if (state.t === 'streaming') return state.stream.opened && !this.#outlet.answerWaits
    if (state.t !== 'stopped' || this.#answering || !this.#outlet.drained) return false
    return this.#outlet.collectedBytes < ANSWER_BYTES_A_TURN
  }

  #take(command: Command): void {
    const isStreaming = this.#state.t === 'streaming'
    if (command.name === 'stop') {
      if (isStreaming) {
        this.#stop()
        this.#outlet.answer([OK])
      } else if (this.#failedStarts.takeStop()) {
        this.#refuse(ResultCode.ALREADY_STOPPED)
      } else {
        this.#refuseState(ResultCode.ALREADY_STOPPED, 'stop while not streaming')
      }
    } else if (isStreaming) {
      this.#refuseState(ResultCode.ALREADY_STARTED, `${command.name} while streaming`)
    } else {
      this.#find(command)
    }
  }

  #find(query: Query): void {
    const { context } = this.#host
    const answered = answer(query, context)
    if (!(answered instanceof Promise)) {
      this.#give(answered)
      return
    }
    this.#answering = true
    answered.then(
      (found) => {
        this.#answering = false
        if (this.#state.t === 'closing') return
        this.#give(found)
        this.onReady()
      },
      (error: unknown) => this.onError(error, async () => answer(query, context)),
    )
  }

  #give(found: Answer): void {
    this.#failedStarts.onAnswer(found)
    switch (found.t) {
      case 'found':
        this.#outlet.answer([OK, found.body])
        return
      case 'refused':
        this.#refuse(found.code)
        return
      case 'boundaries':
        this.#sendsBoundaries = true
        this.#outlet.answer([OK])
        return
      case 'stream':
        this.#start(found)
    }
  }

  #start({ from, end, body }: Extract<Answer, { readonly t: 'stream' }>): void {
    const { log, operationBoundaries, memory, clock } = this.#host.context
    const boundaries = this.#sendsBoundaries ? new BoundaryPackets(operationBoundaries) : undefined
    const stream = new EntryStream({ log, from, end, boundaries, memory, sink: this, clock })
    this.#become({ t: 'streaming', stream })
    const toEntry = end === undefined ? undefined : BigInt(end - 1)
    this.#host.onEvent({ type: 'streaming', id: this.#id, fromEntry: BigInt(from.number), toEntry })
    this.#outlet.answer(body === undefined ? [OK] : [OK, body])
  }

  #stop(): void {
    const { entryNumber = 0n } = this.status
    this.#become({ t: 'stopped' })
    this.#host.onEvent({ type: 'stopped', id: this.#id, nextEntry: entryNumber })
  }

  #refuse(resultCode: ResultCode): void {
    this.#host.onEvent({ type: 'refused', id: this.#id, resultCode })
    this.#outlet.answer([encodeResult(resultCode)])
  }

  #refuseState(resultCode: ResultCode, detail: string): void {
    if (!this.#host.context.closeOnStateError) {
      this.#refuse(resultCode)
      return
    }
    this.#host.onEvent({ type: 'refused', id: this.#id, resultCode })
    this.close({ reason: 'BAD_STATE', detail }, encodeResult(resultCode))
  }

  /** What follows such bytes cannot be parsed. docs/spec/protocol.md §6. */
  #refuseBytes({ code, message }: FormatError): void {
    const result = resultOfFault(code)
    if (result !== undefined) this.#host.onEvent({ type: 'refused', id: this.#id, resultCode: result })
    const cause = { reason: 'BAD_COMMAND', code, detail: message } as const
    this.close(cause, result === undefined ? undefined : encodeResult(result))
  }

  #become(next: State): void {
    if (this.#state.t === 'streaming') this.#state.stream.stop()
    this.#state = next
    if (next.t === 'closing') this.#inlet.close()
    // A reader that has caught up is not inactive.
    this.#outlet.idleTimeout(next.t === 'stopped' ? this.#host.context.inactivityTimeoutMs : 0)
  }

  #abort(cause: Cause): void {
    if (this.#state.t !== 'closing') this.#become({ t: 'closing', cause })
    this.#socket.destroy()
  }

  #onClose(): void {
    this.#abort({ reason: 'CONNECTION_LOST' })
    if (this.#state.t !== 'closing') return
    const { reason, code, detail } = this.#state.cause
    const id = this.#id
    const remoteAddress = this.#remoteAddress
    const { bytesSent } = this.#outlet
    const connectedMs = this.#host.context.clock.wallTime() - this.#connectedAt
    this.#host.onEvent({ type: 'closed', id, remoteAddress, reason, code, detail, bytesSent, connectedMs })
  }
}
