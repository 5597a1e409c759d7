import { LocationError } from '../location/errors.ts'
import { checkNoPage } from '../location/http/range.ts'
import { tooLarge } from './object-errors.ts'
import { cacheMode, type RemoteObject } from './object-server.ts'
import type { GetObjectOptions } from './objects.ts'

/**
 * A whole object; `undefined` if it is not there. See `Objects.get`.
 *
 * How many bytes there are is left to `fetch`: a server may send them compressed, and `Content-Length` counts those.
 */
export function fetchObject(
  { server, address }: RemoteObject,
  options: GetObjectOptions,
): Promise<Uint8Array | undefined> {
  const { signal, maxBytes } = options
  const attempt = async (): Promise<Uint8Array> => {
    await using answer = await server.client.request(address, { signal, cache: cacheMode(options) })
    if (answer.status !== 200) throw new LocationError('BAD_ANSWER', `${answer.shown}: a part, the whole was asked for`)
    checkNoPage(answer)
    const bytes = await answer.bytes(maxBytes)
    if (bytes === undefined) throw tooLarge(answer.shown, maxBytes)
    return bytes
  }
  return ifThere(server.attempt(attempt, options))
}

/** What was found; `undefined` if it is not there. */
export async function ifThere<T>(finding: Promise<T>): Promise<T | undefined> {
  try {
    return await finding
  } catch (error) {
    if (error instanceof LocationError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
