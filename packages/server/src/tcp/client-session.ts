import { type Command, encodeResult, ResultCode, type StreamError } from '@datastreamer/format'
import type { Input } from '../socket/inlet.ts'
import type { Outlet } from '../socket/outlet.ts'
import { EntryStream } from './entry-stream.ts'
import type { StreamOutcome } from './entry-stream-options.ts'
import { Extensions } from './extensions.ts'
import { FailedStarts } from './failed-starts.ts'
import { type Query, type Reply, resultOfFault } from './replies.ts'
import type { CloseReason } from './server-events.ts'
import type { ConnectionContext } from './server-options.ts'
import { replyFor } from './stream-opening.ts'

const OK = encodeResult(ResultCode.OK)
/** Bytes of answers after which a share of the event loop is over. */
const ANSWER_BYTES_A_TURN = 16 * 1024

/** Why a connection ends. */
export interface Cause {
  readonly reason: CloseReason
  readonly code?: string | undefined
  /** What was found and expected, for people. */
  readonly detail?: string | undefined
}

/** That a connection has to end: at once, or after what was written and `last`. */
export type SessionEnd =
  | { readonly t: 'abort'; readonly cause: Cause }
  | { readonly t: 'close'; readonly cause: Cause; readonly last?: Uint8Array | undefined }

export interface ClientSessionOptions {
  /** The connection's, for events. */
  readonly id: number
  readonly context: ConnectionContext
  readonly outlet: Outlet
  /** Ask for a turn, at which `step` is to be called. */
  readonly requestTurn: () => void
  /** Called when the connection has to end. */
  readonly onEnd: (end: SessionEnd) => void
}

/** docs/spec/protocol.md §2. */
type State =
  | { readonly t: 'stopped' }
  /** What a command asks for is being looked up. */
  | { readonly t: 'lookingUp' }
  | { readonly t: 'streaming'; readonly stream: EntryStream }
  /** The connection ends. */
  | { readonly t: 'over' }

const STOPPED: State = { t: 'stopped' }
const LOOKING_UP: State = { t: 'lookingUp' }
const OVER: State = { t: 'over' }

/**
 * What one client asks for, and what it is answered. docs/spec/protocol.md §2 to §6.
 *
 * Invariants: a command is taken only when the socket took the answer to the one before, except Stop; nothing but the
 * stream of `streaming` writes entries; `over` is final.
 */
export class ClientSession {
  readonly #options: ClientSessionOptions
  readonly #outlet: Outlet
  readonly #failedStarts = new FailedStarts()
  readonly #extensions: Extensions
  #state: State = STOPPED

  constructor(options: ClientSessionOptions) {
    this.#options = options
    this.#outlet = options.outlet
    this.#extensions = new Extensions(options.context)
    this.#become(STOPPED)
  }

  get stream(): EntryStream | undefined {
    return this.#state.t === 'streaming' ? this.#state.stream : undefined
  }

  /** Whether the stream has its turn before the next command: what comes when a range is over does not stop it any more. */
  get isStreamFirst(): boolean {
    const { stream } = this
    return stream !== undefined && (!stream.opened || stream.isOver)
  }

  /** Whether a command may be taken: only when the answer to the one before is taken. */
  get isReady(): boolean {
    switch (this.#state.t) {
      case 'streaming':
        return this.#state.stream.opened && !this.#outlet.answerWaits
      case 'stopped':
        return this.#outlet.drained && this.#outlet.collectedBytes < ANSWER_BYTES_A_TURN
      default:
        return false
    }
  }

  /** Whether this may be taken, if any may. The entries of a range are chunk of its answer: only Stop overtakes them. */
  mayTake(input: Input<Command>): boolean {
    return this.stream?.bounded !== true || (input.t === 'message' && input.message.name === 'stop')
  }

  take(input: Input<Command>): void {
    if (input.t === 'message') this.#takeCommand(input.message)
    else if (input.t === 'fault') this.#refuseBytes(input.error)
    else this.#options.onEnd({ t: 'close', cause: { reason: 'CLIENT_ENDED' } })
  }

  /** Write one chunk of the stream, if there is one. */
  step(): void {
    this.stream?.step()
  }

  /** Write no more. */
  end(): void {
    this.#become(OVER)
  }

  #takeCommand(command: Command): void {
    const isStreaming = this.#state.t === 'streaming'
    if (command.name === 'stop') {
      if (isStreaming) {
        this.#stop()
        this.#answerOk()
      } else if (this.#failedStarts.takeStop()) {
        this.#refuse(ResultCode.ALREADY_STOPPED)
      } else {
        this.#refuseState(ResultCode.ALREADY_STOPPED, 'stop while not streaming')
      }
    } else if (isStreaming) {
      this.#refuseState(ResultCode.ALREADY_STARTED, `${command.name} while streaming`)
    } else {
      this.#lookUp(command)
    }
  }

  #lookUp(query: Query): void {
    const { context } = this.#options
    const look = (): Promise<Reply> | Reply => replyFor(query, context, this.#extensions)
    const reply = look()
    if (!(reply instanceof Promise)) {
      this.#give(reply)
      return
    }
    this.#become(LOOKING_UP)
    reply.then(
      (found) => {
        if (this.#state.t === 'over') return
        this.#become(STOPPED)
        this.#give(found)
        this.#options.requestTurn()
      },
      (error: unknown) => this.#fail(error, async () => look()),
    )
  }

  #give(reply: Reply): void {
    this.#failedStarts.onReply(reply)
    switch (reply.t) {
      case 'found':
        this.#answerOk(reply.body)
        return
      case 'refused':
        this.#refuse(reply.code)
        return
      case 'extension':
        this.#extensions.turnOn(reply.command)
        this.#answerOk()
        return
      case 'stream':
        this.#start(reply)
    }
  }

  #start({ from, end, body, opening }: Extract<Reply, { readonly t: 'stream' }>): void {
    const { id, context, outlet, requestTurn } = this.#options
    const { log, clock } = context
    const onDone = (outcome: StreamOutcome): void => this.#onStreamDone(outcome)
    const parts = this.#extensions.ofStream(from, end !== undefined)
    const stream = new EntryStream({ log, from, end, ...parts, clock, outlet, requestTurn, onDone })
    this.#become({ t: 'streaming', stream })
    const toEntry = end === undefined ? undefined : BigInt(end - 1)
    context.onEvent({ type: 'streaming', id, fromEntry: BigInt(from.number), toEntry })
    this.#answerOk(body, opening)
  }

  #answerOk(...parts: readonly (Uint8Array | undefined)[]): void {
    this.#outlet.answer([OK, ...parts.filter((part) => part !== undefined)])
  }

  #onStreamDone(outcome: StreamOutcome): void {
    if (outcome.t === 'ended') {
      this.#stop()
      this.#options.requestTurn()
    } else if (outcome.t === 'truncated') {
      const { point, entryNumber } = outcome
      const detail = `at entry ${entryNumber}, the stream now has ${point.totalEntries}`
      this.#options.onEnd({ t: 'abort', cause: { reason: 'TRUNCATED', detail } })
    } else {
      this.#fail(outcome.error, outcome.again)
    }
  }

  #stop(): void {
    const nextEntry = BigInt(this.stream?.entryNumber ?? 0)
    this.#become(STOPPED)
    this.#options.context.onEvent({ type: 'stopped', id: this.#options.id, nextEntry })
  }

  #refuse(code: ResultCode): void {
    this.#outlet.answer([this.#refusal(code)])
  }

  #refuseState(code: ResultCode, detail: string): void {
    if (this.#options.context.closeOnStateError) {
      this.#options.onEnd({ t: 'close', cause: { reason: 'BAD_STATE', detail }, last: this.#refusal(code) })
    } else {
      this.#refuse(code)
    }
  }

  /** What follows such bytes cannot be parsed. docs/spec/protocol.md §6. */
  #refuseBytes({ code, message: detail }: StreamError): void {
    const result = resultOfFault(code)
    const last = result === undefined ? undefined : this.#refusal(result)
    this.#options.onEnd({ t: 'close', cause: { reason: 'BAD_COMMAND', code, detail }, last })
  }

  #refusal(resultCode: ResultCode): Uint8Array {
    this.#options.context.onEvent({ type: 'refused', id: this.#options.id, resultCode })
    return encodeResult(resultCode)
  }

  /** @param again reads once more what could not be read */
  #fail(error: unknown, again: () => Promise<unknown>): void {
    this.#options.context.onEvent({ type: 'error', id: this.#options.id, error, again })
    const { code, message: detail }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
    this.#options.onEnd({ t: 'close', cause: { reason: 'READ_FAILED', code, detail } })
  }

  #become(next: State): void {
    this.stream?.stop()
    this.#state = next
    // A client whose stream has caught up is not inactive.
    const mayBeInactive = next.t === 'stopped' || next.t === 'lookingUp'
    this.#outlet.idleTimeout(mayBeInactive ? this.#options.context.inactivityTimeoutMs : 0)
  }
}
