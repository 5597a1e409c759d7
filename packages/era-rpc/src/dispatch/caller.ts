import { METHODS } from '../methods/all-methods.ts'
import type { Sources } from '../methods/method.ts'
import { Turns } from '../methods/turns.ts'
import { errorAnswer, resultAnswer } from '../protocol/answer.ts'
import { type JsonText, lengthOf } from '../protocol/json-text.ts'
import type { InvalidRequest, Request } from '../protocol/request.ts'
import { RpcCode, RpcError } from '../protocol/rpc-error.ts'
import { Deadline } from './deadline.ts'
import { asRpcError, isAbsent } from './outcome.ts'

export interface AskOptions {
  /** Of the chain that is served: a server of another one must not be asked. */
  readonly chainId: bigint
  readonly signal: AbortSignal
}

/** Asks another server for what is not in the files. */
export interface Fallback {
  /**
   * JSON of the result; `undefined` if that server does not have it either, or does not answer.
   *
   * @throws the reason of `signal` alone
   */
  ask(method: string, params: readonly unknown[], options: AskOptions): Promise<string | undefined>
}

/** A call that was answered. */
export interface CallReport {
  /** One that is served, or `unknown`. */
  readonly method: string
  /** Code of the error, if it was answered with one. */
  readonly code?: RpcCode
  /** Whether the answer is the fallback's. */
  readonly isFromFallback: boolean
  readonly durationMs: number
  /** What made it fail, if that was no fault of the one who called. */
  readonly fault?: unknown
}

export type OnCall = (report: CallReport) => void

export interface CallOptions {
  /** Who asks: clients take turns with what takes long. */
  readonly client: object
  readonly signal: AbortSignal | undefined
  /** Longest that it takes. */
  readonly timeoutMs: number
  readonly mayAskElsewhere: boolean
  /** Notified of the bytes of each answer. */
  readonly onMade: ((bytes: number) => void) | undefined
}

type MakeOptions = Pick<CallOptions, 'client' | 'onMade' | 'mayAskElsewhere'> & { readonly turns: Turns }

const MAX_NAME_CHARS = 100

/** Answers single calls. */
export class Caller {
  readonly #sources: Sources
  readonly #fallback: Fallback | undefined
  readonly #onCall: OnCall | undefined

  constructor(
    sources: Sources,
    { fallback, onCall }: { readonly fallback: Fallback | undefined; readonly onCall: OnCall | undefined },
  ) {
    this.#sources = sources
    this.#fallback = fallback
    this.#onCall = onCall
  }

  /** Answer a call; `undefined` if it wants no answer. @throws the reason of `signal` */
  async answer(request: Request | InvalidRequest, options: CallOptions): Promise<JsonText | undefined> {
    if (request.kind === 'invalid') return errorAnswer(request.id, request.error)
    if (request.id === undefined) return undefined
    using deadline = new Deadline(options.timeoutMs, options.signal)
    return await this.answerBefore(deadline, request.id, request, { ...options, turns: new Turns() })
  }

  /** Answer a call that wants an answer. @throws the reason that `deadline` was aborted for */
  async answerBefore(
    deadline: Deadline,
    id: string,
    { method, params }: Pick<Request, 'method' | 'params'>,
    options: MakeOptions,
  ): Promise<JsonText> {
    const answer = await this.#make(deadline, id, { method, params }, options)
    options.onMade?.(lengthOf(answer))
    return answer
  }

  async #make(
    deadline: Deadline,
    id: string,
    { method, params }: Pick<Request, 'method' | 'params'>,
    { client, turns, mayAskElsewhere }: MakeOptions,
  ): Promise<JsonText> {
    const startedAt = performance.now()
    const known = METHODS.get(method)
    const report = (rest: {
      readonly code?: RpcCode
      readonly isFromFallback?: boolean
      readonly fault?: unknown
    }): void =>
      this.#onCall?.({
        method: known === undefined ? 'unknown' : method,
        isFromFallback: false,
        durationMs: performance.now() - startedAt,
        ...rest,
      })
    let outcome: JsonText | RpcError
    let fault: unknown
    try {
      if (known === undefined) throw noMethod(method)
      if (params instanceof RpcError) throw params
      const made = known(
        {
          ...this.#sources,
          turns,
          client,
          get signal() {
            return deadline.signal
          },
          race: (work) => deadline.race(work),
        },
        params,
      )
      outcome = isText(made) ? made : await deadline.race(made)
    } catch (error) {
      deadline.throwIfLeft()
      const failed = asRpcError(error)
      outcome = failed.answered
      fault = failed.fault
    }
    const fallback = mayAskElsewhere ? this.#fallback : undefined
    const { chainId } = this.#sources
    if (fallback && chainId !== undefined && !(params instanceof RpcError) && isAbsent(method, outcome)) {
      const options = { chainId, signal: deadline.signal }
      const elsewhere = await deadline.race(fallback.ask(method, params, options)).catch(() => undefined)
      deadline.throwIfLeft()
      if (elsewhere !== undefined) {
        report({ isFromFallback: true, fault })
        return resultAnswer(id, elsewhere)
      }
    }
    if (!(outcome instanceof RpcError)) {
      report({})
      return resultAnswer(id, outcome)
    }
    report({ code: outcome.code, fault })
    return errorAnswer(id, outcome)
  }
}

function isText(made: JsonText | Promise<JsonText>): made is JsonText {
  return typeof made === 'string' || Array.isArray(made)
}

function noMethod(name: string): RpcError {
  const text = name.length > MAX_NAME_CHARS ? `${name.slice(0, MAX_NAME_CHARS)}...` : name
  return new RpcError(RpcCode.noMethod, `the method ${text} does not exist/is not available`)
}
