import type { AbortLike } from '../../abort.ts'
import { LocationError } from '../errors.ts'
import type { Address } from './address.ts'
import type { Answer } from './answer.ts'
import type { HttpClient } from './client.ts'
import { contentLength, unsatisfiedSize, type Version, versionOf } from './headers.ts'
import { checkEncoding, checkNoPage, endedEarly, moreThanSaid, noRanges, partOf } from './range.ts'

/** Bytes of a file that came along when it was opened. */
export interface Part {
  readonly position: number
  readonly bytes: Uint8Array
}

export interface Opening {
  readonly version: Version & { readonly size: number }
  /** The end of the file, and its start if that came first. */
  readonly parts: readonly Part[]
}

/** What is known of a server, to ask it in the way that it understands. */
export interface ServerHabits {
  /** It gives something else where the last bytes are asked for. */
  noSuffix?: boolean
}

/** Bytes asked for at the start of a file whose size is not known. */
const HEAD_BYTES = 65_536

/**
 * The size, the version and the last bytes of a file: one request to servers that give the last bytes of a file whose
 * size is not known, else two. A file that is not larger than `tailBytes` may come whole.
 *
 * @throws {LocationError} `NO_RANGES`, `BAD_ANSWER`, and as {@link HttpClient.get}
 */
export async function openRange(
  client: HttpClient,
  address: Address,
  { tailBytes, habits, signal }: { tailBytes: number; habits: ServerHabits; signal?: AbortLike | undefined },
): Promise<Opening> {
  const request = async (range: string, accept: readonly number[]): Promise<Answer> =>
    client.get(address, { headers: { range }, signal, accept })

  const bySuffix = async (): Promise<Opening | undefined> => {
    await using answer = await request(`bytes=-${tailBytes}`, [400, 416, 501])
    const { status, headers } = answer
    if (status === 200) return await wholeFile(answer, tailBytes)
    if (status === 416 && unsatisfiedSize(headers) === 0)
      return { version: { ...versionOf(headers, 0), size: 0 }, parts: [] }
    if (status !== 206) return undefined
    const { first, last, size } = partOf(answer)
    if (size === undefined || last !== size - 1 || first !== Math.max(0, size - tailBytes)) return undefined
    return withParts(answer, size, [await part(answer, first, last)])
  }

  const byPositions = async (): Promise<Opening> => {
    await using head = await request(`bytes=0-${HEAD_BYTES - 1}`, [416])
    if (head.status === 416) return { version: { ...versionOf(head.headers, 0), size: 0 }, parts: [] }
    if (head.status === 200) return (await wholeFile(head, tailBytes)) ?? Promise.reject(noRanges(head.shown))
    const { first, last, size } = partOf(head)
    if (first !== 0 || size === undefined || last !== Math.min(HEAD_BYTES, size) - 1) throw notAsked(head)
    const start = await part(head, first, last)
    if (last === size - 1) return withParts(head, size, [start])
    const from = Math.max(last + 1, size - tailBytes)
    await using tail = await request(`bytes=${from}-${size - 1}`, [])
    if (tail.status !== 206) throw noRanges(tail.shown)
    const range = partOf(tail)
    if (range.first !== from || range.last !== size - 1 || range.size !== size) throw notAsked(tail)
    return withParts(tail, size, [start, await part(tail, from, size - 1)])
  }

  return client.retry(async () => {
    const opening = habits.noSuffix ? undefined : await bySuffix()
    if (opening !== undefined) return opening
    habits.noSuffix = true
    return byPositions()
  }, signal)
}

function withParts({ headers }: Answer, size: number, parts: readonly Part[]): Opening {
  return { version: { ...versionOf(headers, size), size }, parts }
}

/** The bytes of an answer that were announced. */
async function part(answer: Answer, first: number, last: number): Promise<Part> {
  checkEncoding(answer)
  const length = last - first + 1
  const bytes = await answer.bytes(length)
  if (bytes === undefined) throw moreThanSaid(answer)
  if (bytes.length < length) throw endedEarly(answer, bytes.length, length)
  return { position: first, bytes }
}

/** A whole file that was sent instead of a part, if it is small; `undefined` if it is not. */
async function wholeFile(answer: Answer, maxBytes: number): Promise<Opening | undefined> {
  checkEncoding(answer)
  const length = contentLength(answer.headers)
  if (length !== undefined && length > maxBytes) {
    checkNoPage(answer)
    return undefined
  }
  const bytes = await answer.bytes(maxBytes)
  checkNoPage(answer, bytes)
  if (bytes === undefined) return undefined
  if (length !== undefined && bytes.length !== length) throw endedEarly(answer, bytes.length, length)
  return withParts(answer, bytes.length, [{ position: 0, bytes }])
}

function notAsked({ shown, headers }: Answer): LocationError {
  const range = headers.get('content-range')
  return new LocationError('BAD_ANSWER', `${shown}: the server sent ${range}, which was not asked for`)
}
