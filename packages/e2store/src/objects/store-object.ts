import { equalBytes } from '../io/bytes.ts'
import { LocationError } from '../location/errors.ts'
import { fetchObject } from './fetch-object.ts'
import { conflict } from './object-errors.ts'
import type { RemoteObject } from './object-server.ts'
import type { PutObjectOptions } from './objects.ts'

/** What is known of a service. */
export interface ConditionHabits {
  /** It does not accept the condition that there is no object. */
  isRefused: boolean
}

const CONDITION: Readonly<Record<string, string>> = { 'if-none-match': '*' }
/** Another request for the same key is under way. */
const BUSY = 409
const IS_THERE = 412
/** What services answer that do not know the condition. */
const REFUSED: ReadonlySet<number | undefined> = new Set([400, 501])
/** Of an answer that has nothing to say. */
const ANSWER_BYTES = 4096

/** Store an object. See `WritableObjects.put`. */
export async function storeObject(
  object: RemoteObject,
  bytes: Uint8Array,
  options: PutObjectOptions,
  habits: ConditionHabits,
): Promise<void> {
  if (options.kind === 'mutable' || habits.isRefused) {
    await send(object, bytes, options, {})
    return
  }
  let status: number
  try {
    status = await send(object, bytes, options, CONDITION)
  } catch (error) {
    if (!(error instanceof LocationError && REFUSED.has(error.status))) throw error
    await send(object, bytes, options, {})
    // Only now it is known that the condition was what it refused.
    habits.isRefused = true
    return
  }
  if (status === IS_THERE) await compare(object, bytes, options)
}

/** One `PUT`, made again if it fails in a way that may pass; returns the status. */
function send(
  { server, address }: RemoteObject,
  body: Uint8Array,
  options: PutObjectOptions,
  condition: Readonly<Record<string, string>>,
): Promise<number> {
  const { cacheControl, contentType, signal } = options
  const headers = { 'cache-control': cacheControl, 'content-type': contentType, ...condition }
  const accept = [201, 204, ...(condition === CONDITION ? [BUSY, IS_THERE] : [])]
  const attempt = async (): Promise<number> => {
    await using answer = await server.client.request(address, { method: 'PUT', body, headers, signal, accept })
    const { status, shown } = answer
    await answer.bytes(ANSWER_BYTES)
    if (status !== BUSY) return status
    throw new LocationError('HTTP_STATUS', `${shown}: stored by others too (status ${status})`, {
      ...{ status, retryable: true },
    })
  }
  return server.attempt(attempt, options)
}

/** Throw unless what is there is the same. */
async function compare(object: RemoteObject, bytes: Uint8Array, { signal }: PutObjectOptions): Promise<void> {
  const { shown } = object.address
  const found = await fetchObject(object, { signal, maxBytes: bytes.length, reload: true }).catch((error: unknown) => {
    if (error instanceof LocationError && error.code === 'TOO_LARGE') return 'larger' as const
    throw error
  })
  if (found === undefined) {
    const message = `${shown}: not stored because it is there, and then it was not`
    throw new LocationError('BAD_ANSWER', message, { retryable: true })
  }
  if (found === 'larger' || !equalBytes(found, bytes)) throw conflict(shown, found, bytes)
}
