import { LocationError } from '../location/errors.ts'
import type { Answer } from '../location/http/answer.ts'
import { contentEncoding, contentLength, unsatisfiedSize } from '../location/http/headers.ts'
import { checkEncoding, checkNoPage, moreThanSaid, noRanges, PROGRESS_BYTES, partOf } from '../location/http/range.ts'
import { ifThere } from './fetch-object.ts'
import { checkBounds } from './keys.ts'
import { otherSize } from './object-errors.ts'
import { cacheMode, type RemoteObject } from './object-server.ts'
import type { GetObjectRangeOptions } from './objects.ts'

/** The range that an answer is to be. */
interface Asked {
  readonly from: number
  readonly to: number
  readonly size: number | undefined
  readonly wholeBytes: number
}

/** Bytes of an object; `undefined` if it is not there. A transfer that breaks is continued. See `Objects.getRange`. */
export async function fetchObjectRange(
  { server, address }: RemoteObject,
  from: number,
  to: number,
  options: GetObjectRangeOptions,
): Promise<Uint8Array | undefined> {
  const { signal, size } = options
  const { client, wholeBytes } = server
  checkBounds(from, to, size)
  const bytes = new Uint8Array(to - from)
  let have = 0
  const attempt = async (progress: () => void): Promise<Uint8Array> => {
    // Of a transfer that broke after its last byte, nothing is missing.
    if (have === bytes.length) return bytes
    const before = have
    const headers = { range: `bytes=${from + have}-${to - 1}` }
    await using answer = await client.request(address, { headers, signal, cache: cacheMode(options), accept: [416] })
    let skip = bytesBefore(answer, { from: from + have, to, size, wholeBytes })
    for await (const chunk of answer.chunks()) {
      const part = chunk.subarray(Math.min(skip, chunk.length))
      skip -= chunk.length - part.length
      const wanted = part.subarray(0, bytes.length - have)
      if (wanted.length < part.length && answer.status === 206) throw moreThanSaid(answer)
      bytes.set(wanted, have)
      have += wanted.length
      if (have - before >= PROGRESS_BYTES) progress()
      if (have === bytes.length && answer.status === 200) break
    }
    if (have < bytes.length) throw tooShort(answer, have, bytes.length)
    return bytes
  }
  return ifThere(server.attempt(attempt, options))
}

/** The bytes that come before those that were asked for: of a range none. @throws {LocationError} */
function bytesBefore(answer: Answer, asked: Asked): number {
  const { shown, status, headers } = answer
  if (status === 416) throw otherSize(shown, unsatisfiedSize(headers) ?? 'fewer', `${asked.to} or more`)
  checkNoPage(answer)
  if (status === 206) {
    checkEncoding(answer)
    checkPart(answer, asked)
    return 0
  }
  // Of compressed bytes, which are decompressed on their way, it says nothing.
  const length = contentEncoding(headers) === undefined ? contentLength(headers) : undefined
  if (length !== undefined && length < asked.to) throw otherSize(shown, length, `${asked.to} or more`)
  if (length !== undefined && length !== (asked.size ?? length)) throw otherSize(shown, length, `${asked.size}`)
  if (asked.to > asked.wholeBytes) throw noRanges(shown)
  return asked.from
}

/**
 * Throw unless a part is the one that was asked for. A browser sees `Content-Range` only if the server exposes it: then
 * the number of bytes has to do.
 */
function checkPart(answer: Answer, { from, to, size }: Asked): void {
  const { shown, headers } = answer
  if (headers.get('content-range') === null) {
    const length = contentLength(headers)
    if (length === undefined || length === to - from) return
    throw new LocationError('BAD_ANSWER', `${shown}: ${length} bytes announced for a range of ${to - from}`)
  }
  const range = partOf(answer)
  if (range.size !== undefined && range.size !== (size ?? range.size)) throw otherSize(shown, range.size, `${size}`)
  if (range.first === from && range.last === to - 1) return
  const sent = `the server sent bytes ${range.first} to ${range.last}, asked for were ${from} to ${to - 1}`
  throw new LocationError('BAD_ANSWER', `${shown}: ${sent}`)
}

function tooShort({ shown }: Answer, have: number, length: number): LocationError {
  const message = `${shown}: the transfer ended after ${have} of ${length} bytes`
  return new LocationError('BAD_ANSWER', message, { retryable: true })
}
