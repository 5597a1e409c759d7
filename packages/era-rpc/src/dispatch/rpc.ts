import type { History } from '@datastreamer/era-history'
import { Gate } from '../methods/gate.ts'
import type { LogLimits, Sources } from '../methods/method.ts'
import { errorAnswer } from '../protocol/answer.ts'
import type { JsonPart, JsonText } from '../protocol/json-text.ts'
import { readMessage } from '../protocol/request.ts'
import { RpcError } from '../protocol/rpc-error.ts'
import { answerBatch } from './batch.ts'
import { Caller, type Fallback, type OnCall } from './caller.ts'

/** Searches for logs at a time: the more there are, the longer everybody else waits. */
const SEARCHES = 4
/** Calls that read blocks at a time: each may take some MiB. */
const READERS = 16

export interface RpcOptions {
  /** Of EIP-155: 1 is mainnet; `undefined` if it is not known: nothing says it, and no fallback is asked. */
  readonly chainId: bigint | undefined
  /** What `web3_clientVersion` answers (default `datastreamer/era-rpc`). */
  readonly clientVersion?: string | undefined
  /** Give blocks their total difficulty where the files hold it (default false: the specification dropped it). */
  readonly totalDifficulty?: boolean | undefined
  /** Asked for what is not in the files. */
  readonly fallback?: Fallback | undefined
  /** Most calls in a batch (default 1,000). */
  readonly maxBatch?: number | undefined
  /** Most bytes of an answer; calls of a batch that come after them are refused (default 25,000,000). */
  readonly maxAnswerBytes?: number | undefined
  /** Most logs in an answer, but for those of one block (default 10,000). */
  readonly maxLogs?: number | undefined
  /** Longest that a search for logs takes, ms (default 10,000). */
  readonly maxSearchMs?: number | undefined
  /** Longest that answering a message takes, ms (default 30,000). */
  readonly timeoutMs?: number | undefined
  /** Notified of each call that was answered. */
  readonly onCall?: OnCall | undefined
}

export interface AnswerOptions {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal
  /** Who asks, such as a connection: clients take turns with what takes long (default: a new one with each message). */
  readonly client?: object | undefined
  /** Notified of the bytes of answers that were made, of each call of a batch for itself, which may wait to be taken. */
  readonly onMade?: ((bytes: number) => void) | undefined
  /** Whether the fallback, if there is one, may be asked (default true). */
  readonly mayAskElsewhere?: boolean | undefined
}

/** An answer: JSON text, whole or in parts; those of a batch while it is worked on. */
export type Answer = JsonText | AsyncIterable<JsonPart>

/** Answers JSON-RPC messages from a history. */
export class Rpc {
  readonly #caller: Caller
  readonly #maxBatch: number
  readonly #maxAnswerBytes: number
  readonly #timeoutMs: number

  /** @param history stays the caller's to close */
  constructor(history: History, options: RpcOptions) {
    const { maxBatch = 1000, maxAnswerBytes = 25_000_000, timeoutMs = 30_000, fallback, onCall } = options
    const { maxLogs = 10_000, maxSearchMs = 10_000 } = options
    const { chainId, clientVersion = 'datastreamer/era-rpc', totalDifficulty = false } = options
    const logLimits: LogLimits = { maxLogs, maxSearchMs, maxBytes: maxAnswerBytes }
    const sources: Sources = {
      history,
      chainId,
      clientVersion,
      totalDifficulty,
      logLimits,
      searches: new Gate(SEARCHES),
      readers: new Gate(READERS),
    }
    this.#caller = new Caller(sources, { fallback, onCall })
    this.#maxBatch = maxBatch
    this.#maxAnswerBytes = maxAnswerBytes
    this.#timeoutMs = timeoutMs
  }

  /**
   * Answer a message: a call or a batch of calls; `undefined` if it wants no answer. What is wrong with it is answered too.
   *
   * @throws the reason of `signal`
   */
  async answer(
    message: string,
    { signal, client = {}, onMade, mayAskElsewhere = true }: AnswerOptions = {},
  ): Promise<Answer | undefined> {
    let read: ReturnType<typeof readMessage>
    try {
      read = readMessage(message, this.#maxBatch)
    } catch (error) {
      if (error instanceof RpcError) return errorAnswer('null', error)
      throw error
    }
    const options = { signal, client, onMade, mayAskElsewhere, timeoutMs: this.#timeoutMs }
    if (read.kind === 'single') return this.#caller.answer(read.request, options)
    if (read.requests.every((request) => request.kind === 'call' && request.id === undefined)) return undefined
    return answerBatch(this.#caller, read.requests, { ...options, maxBytes: this.#maxAnswerBytes })
  }
}
