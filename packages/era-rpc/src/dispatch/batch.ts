import { Turns } from '../methods/turns.ts'
import { errorAnswer } from '../protocol/answer.ts'
import { type JsonPart, type JsonText, lengthOf } from '../protocol/json-text.ts'
import type { InvalidRequest, Request } from '../protocol/request.ts'
import { RpcCode, RpcError } from '../protocol/rpc-error.ts'
import type { Caller, CallOptions } from './caller.ts'
import { Deadline } from './deadline.ts'

/** Calls of a batch that are worked on at a time. */
const PARALLEL = 4

/** Answer the calls of a batch, in order, a few at a time. */
export async function* answerBatch(
  caller: Caller,
  requests: readonly (Request | InvalidRequest)[],
  options: CallOptions & { readonly maxBytes: number },
): AsyncGenerator<JsonPart> {
  const { signal, timeoutMs, maxBytes } = options
  using deadline = new Deadline(timeoutMs, signal)
  const turns = new Turns()
  const started: Promise<JsonText | undefined>[] = []
  let bytes = 0
  let separator = '['
  for (let at = 0; at < requests.length; at++) {
    await turns.pass()
    while (started.length < requests.length && started.length < at + PARALLEL) {
      started.push(start(requests[started.length], bytes > maxBytes))
      started.at(-1)?.catch(() => {})
    }
    const answer = await started[at]
    started[at] = DONE
    if (answer === undefined) continue
    bytes += lengthOf(answer)
    if (typeof answer === 'string') yield separator + answer
    else {
      yield separator
      yield* answer
    }
    separator = ','
  }
  yield ']'

  async function start(
    request: Request | InvalidRequest | undefined,
    isTooMuch: boolean,
  ): Promise<JsonText | undefined> {
    if (request?.kind !== 'call') return request && errorAnswer(request.id, request.error)
    const { id } = request
    if (id === undefined) return undefined
    if (isTooMuch) return errorAnswer(id, new RpcError(RpcCode.tooLarge, 'response too large'))
    if (deadline.isOver) {
      deadline.throwIfLeft()
      return errorAnswer(id, new RpcError(RpcCode.timedOut, 'request timed out'))
    }
    return caller.answerBefore(deadline, id, request, { ...options, turns })
  }
}

const DONE = Promise.resolve(undefined)
