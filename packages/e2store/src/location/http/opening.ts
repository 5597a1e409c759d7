import type { AbortLike } from '../../abort.ts'
import { LocationError } from '../errors.ts'
import type { FileEnds } from '../location.ts'
import type { Address } from './address.ts'
import { type Answer, Watch } from './answer.ts'
import type { HttpClient } from './client.ts'
import { contentLength, sameVersion, unsatisfiedSize, type Version, versionOf } from './headers.ts'
import { checkEncoding, checkNoPage, endedEarly, moreThanSaid, noRanges, partOf } from './range.ts'
import type { Slots } from './slots.ts'
import { waitable } from './waitable.ts'

/** Bytes of a file that came along when it was opened. */
export interface Part {
  readonly position: number
  readonly bytes: Uint8Array
}

export interface Opening {
  readonly version: Version & { readonly size: number }
  /** The start of the file, its end, or both, as they came. */
  readonly parts: readonly Part[]
}

/** What is known of a server, to ask it in the way that it understands. */
export interface ServerHabits {
  /** It gives something else where the last bytes are asked for. */
  noSuffix?: boolean
}

export interface OpeningOptions {
  readonly tailBytes: number
  readonly headBytes: number
  /** The ends that come along (default `end`). */
  readonly ends?: FileEnds | undefined
  readonly habits: ServerHabits
  readonly slots: Slots
  readonly signal?: AbortLike | undefined
}

/**
 * The size, the version and the first or last bytes of a file, with one request; or both, with two at the same time. A
 * server that does not give the last bytes of a file whose size is not known is asked for them after the first ones. A
 * file that is not larger than `tailBytes` may come whole.
 *
 * @throws {LocationError} `NO_RANGES`, `BAD_ANSWER`, and as {@link HttpClient.request}
 */
export async function openRange(client: HttpClient, address: Address, options: OpeningOptions): Promise<Opening> {
  const { tailBytes, headBytes, ends = 'end', habits, slots, signal } = options

  const ask = <T>(
    range: string,
    how: { readonly accept: readonly number[]; readonly signal: AbortLike | undefined },
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> =>
    slots.run(async () => {
      await using answer = await client.request(address, { ...how, headers: { range } })
      return await read(answer)
    })

  /** The last bytes; `undefined` if the server gives something else. */
  const askEnd = (): Promise<Opening | undefined> =>
    ask(`bytes=-${tailBytes}`, { accept: [400, 416, 501], signal }, async (answer) => {
      const { status, headers } = answer
      if (status === 200) return await wholeFile(answer, tailBytes)
      if (status === 416 && unsatisfiedSize(headers) === 0) return empty(answer)
      if (status !== 206) return undefined
      const { first, last, size } = partOf(answer)
      if (size === undefined || last !== size - 1 || first !== Math.max(0, size - tailBytes)) return undefined
      return withParts(answer, size, [await part(answer, first, last)])
    })

  const askStart = (life: AbortLike | undefined): Promise<Opening> =>
    ask(`bytes=0-${headBytes - 1}`, { accept: [416], signal: life }, async (answer) => {
      if (answer.status === 416) return empty(answer)
      if (answer.status === 200) return (await wholeFile(answer, tailBytes)) ?? Promise.reject(noRanges(answer.shown))
      const { first, last, size } = partOf(answer)
      if (first !== 0 || size === undefined || last !== Math.min(headBytes, size) - 1) throw notAsked(answer)
      return withParts(answer, size, [await part(answer, first, last)])
    })

  const endAfter = ({ version, parts }: Opening): Promise<Opening> => {
    const { size } = version
    const known = parts[0]?.bytes.length ?? 0
    if (known === size) return Promise.resolve({ version, parts })
    const from = Math.max(known, size - tailBytes)
    return ask(`bytes=${from}-${size - 1}`, { accept: [], signal }, async (answer) => {
      if (answer.status !== 206) throw noRanges(answer.shown)
      const range = partOf(answer)
      if (range.first !== from || range.last !== size - 1 || range.size !== size) throw notAsked(answer)
      return { version, parts: [...parts, await part(answer, from, size - 1)] }
    })
  }

  const askBoth = async (): Promise<Opening> => {
    using life = new Watch(client.clock, waitable(signal))
    const start = askStart(life.signal)
    // Why it failed is of interest only if there is nothing else: what reads the start asks for it again.
    const started = start.catch(() => undefined)
    try {
      const end = await askEnd()
      if (end !== undefined) return isWhole(end) ? end : joined(await started, end)
      habits.noSuffix = true
      return await endAfter(await start)
    } finally {
      life.abort(undefined)
    }
  }

  return client.retry(async () => {
    if (ends === 'start') return askStart(signal)
    if (habits.noSuffix) return endAfter(await askStart(signal))
    if (ends === 'both') return askBoth()
    const end = await askEnd()
    if (end !== undefined) return end
    habits.noSuffix = true
    return endAfter(await askStart(signal))
  }, signal)
}

function isWhole({ version, parts }: Opening): boolean {
  return version.size === 0 || parts[0]?.bytes.length === version.size
}

/** Both ends of a file that is larger than its end; the end alone if the start is of another version. */
function joined(start: Opening | undefined, { version, parts }: Opening): Opening {
  const [head] = start?.parts ?? []
  const [tail] = parts
  if (start === undefined || head === undefined || tail === undefined || !sameVersion(version, start.version)) {
    return { version, parts }
  }
  return { version, parts: [{ position: 0, bytes: head.bytes.subarray(0, tail.position) }, tail] }
}

function empty({ headers }: Answer): Opening {
  return { version: { ...versionOf(headers, 0), size: 0 }, parts: [] }
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
