import { LocationError } from '../errors.ts'
import { web } from '../web.ts'
import type { Answer } from './answer.ts'
import type { HttpClock } from './clock.ts'
import { retryAfterMs } from './headers.ts'

const MAY_PASS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])
/** Errors of S3 with status 400 that are those of a connection. */
const BROKEN: ReadonlySet<string | undefined> = new Set(['RequestTimeout', 'IncompleteBody'])
/** Of an error's text, for the code in it. */
const ERROR_BYTES = 4096

/** The error that an answer is, which ends with it. */
export async function failureOf(answer: Answer, clock: HttpClock): Promise<LocationError> {
  await using failed = answer
  const { status, headers, shown } = failed
  const text = await failed.bytes(ERROR_BYTES).catch(() => undefined)
  const named = text && /<Code>([A-Za-z]{1,64})<\/Code>/.exec(new web.TextDecoder().decode(text))?.[1]
  const what = named === undefined ? `status ${status}` : `status ${status}, ${named}`
  const wait = retryAfterMs(headers, clock)
  if (status === 404 || status === 410)
    return new LocationError('NOT_FOUND', `${shown}: not there (${what})`, { status })
  if (status === 401 || status === 403) return new LocationError('DENIED', `${shown}: denied (${what})`, { status })
  const later = wait === undefined ? '' : `, to be tried again in ${Math.ceil(wait / 1000)} s`
  const retryable = MAY_PASS.has(status) || (status === 400 && BROKEN.has(named))
  return new LocationError('HTTP_STATUS', `${shown}: ${what}${later}`, { status, retryable, retryAfterMs: wait })
}
