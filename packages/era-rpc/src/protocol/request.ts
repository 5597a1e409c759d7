import { asciiJson } from './json-text.ts'
import { RpcCode, RpcError } from './rpc-error.ts'
import { sentIds } from './sent-ids.ts'

/** A call of a method. */
export interface Request {
  readonly kind: 'call'
  /** JSON of the id; `undefined` if no answer is wanted. */
  readonly id: string | undefined
  readonly method: string
  /** As they were given, or what is wrong with them. */
  readonly params: readonly unknown[] | RpcError
}

/** What is no call. */
export interface InvalidRequest {
  readonly kind: 'invalid'
  /** JSON of the id; `null` if it has none. */
  readonly id: string
  readonly error: RpcError
}

export type Message =
  | { readonly kind: 'single'; readonly request: Request | InvalidRequest }
  | { readonly kind: 'batch'; readonly requests: readonly (Request | InvalidRequest)[] }

const MAX_ID_CHARS = 256

/**
 * Read a message: a call or a batch of them.
 *
 * @throws {RpcError} it is not JSON, an empty batch or one of more than `maxBatch` calls
 */
export function readMessage(text: string, maxBatch: number): Message {
  const json = parse(text)
  const ids = sentIds(text)
  if (!Array.isArray(json)) return { kind: 'single', request: readRequest(json, ids[0]) }
  if (json.length === 0) throw new RpcError(RpcCode.invalidRequest, 'empty batch')
  if (json.length > maxBatch) {
    const id = idOf(json[0], ids[0]) || 'null'
    const error = new RpcError(RpcCode.invalidRequest, `batch too large: at most ${maxBatch} requests`)
    return { kind: 'batch', requests: [{ kind: 'invalid', id, error }] }
  }
  return { kind: 'batch', requests: json.map((each, at) => readRequest(each, ids[at])) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RpcError(RpcCode.notJson, 'not JSON', { cause: error })
  }
}

function readRequest(value: unknown, sentId: string | undefined): Request | InvalidRequest {
  const id = idOf(value, sentId)
  if (!isObject(value) || id === false) return invalid('null')
  const { jsonrpc, method, params } = value
  if (jsonrpc !== '2.0' || typeof method !== 'string') return invalid(id ?? 'null')
  return { kind: 'call', id, method, params: paramsOf(params) }
}

function paramsOf(params: unknown): readonly unknown[] | RpcError {
  if (params === undefined || params === null) return []
  return Array.isArray(params) ? params : new RpcError(RpcCode.badParams, 'non-array args')
}

function invalid(id: string): InvalidRequest {
  return { kind: 'invalid', id, error: new RpcError(RpcCode.invalidRequest, 'invalid request') }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * JSON of an id, as it was sent; `undefined` if there is none, `false` if it is no id.
 *
 * @param sent the id, if it is a number
 */
function idOf(value: unknown, sent: string | undefined): string | undefined | false {
  if (!isObject(value) || !Object.hasOwn(value, 'id')) return undefined
  const { id } = value
  if (typeof id === 'number') return sent !== undefined && sent.length <= MAX_ID_CHARS && sent
  if (typeof id === 'string') return id.length <= MAX_ID_CHARS && asciiJson(id)
  return id === null && 'null'
}
