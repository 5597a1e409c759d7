import type { AbortLike } from '../../abort.ts'
import { LocationError } from '../errors.ts'
import type { Address } from './address.ts'
import type { Answer } from './answer.ts'
import type { HttpClient } from './client.ts'
import {
  type ContentRange,
  contentEncoding,
  contentLength,
  contentRange,
  isWebPage,
  sameVersion,
  type Version,
  versionOf,
} from './headers.ts'

/** A file on a server, as it was when it was opened. */
export interface RemoteFile {
  readonly address: Address
  readonly version: Version & { readonly size: number }
}

/** So many bytes of a request that broke are worth another one. */
export const PROGRESS_BYTES = 65_536

/**
 * Bytes of a file, exactly those. A transfer that breaks is continued where it broke.
 *
 * @throws {LocationError} `CHANGED`, `NO_RANGES`, `BAD_ANSWER`, and as {@link HttpClient.request}
 */
export async function fetchRange(
  client: HttpClient,
  file: RemoteFile,
  position: number,
  length: number,
  signal?: AbortLike,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let have = 0
  await client.retry(async (progress) => {
    // Of a transfer that broke after its last byte, nothing is missing.
    if (have === length) return
    const before = have
    const range = `bytes=${position + have}-${position + length - 1}`
    await using answer = await client.request(file.address, { headers: { range }, signal, accept: [416] })
    checkPart(answer, file, position + have, position + length)
    for await (const chunk of answer.chunks()) {
      if (have + chunk.length > length) throw moreThanSaid(answer)
      bytes.set(chunk, have)
      have += chunk.length
      if (have - before >= PROGRESS_BYTES) progress()
    }
    if (have < length) throw endedEarly(answer, have, length)
  }, signal)
  return bytes
}

/** Throw unless an answer is `[from, to)` of the file, as it was. */
function checkPart(answer: Answer, { version }: RemoteFile, from: number, to: number): void {
  const { shown, status, headers } = answer
  checkEncoding(answer)
  if (status === 416) throw changed(shown, `it has less than the ${version.size} bytes that it had`)
  const range = status === 206 ? partOf(answer) : undefined
  const size = range === undefined ? contentLength(headers) : range.size
  if (!sameVersion(version, versionOf(headers, size))) throw changed(shown, differences(version, answer, size))
  if (range === undefined) throw noRanges(shown)
  if (range.first === from && range.last === to - 1) return
  throw new LocationError(
    'BAD_ANSWER',
    `${shown}: the server sent bytes ${range.first} to ${range.last}, asked for were ${from} to ${to - 1}`,
  )
}

/** The range that an answer of status 206 holds. @throws {LocationError} `BAD_ANSWER` */
export function partOf({ shown, headers }: Answer): ContentRange {
  const range = contentRange(headers)
  const length = contentLength(headers)
  if (range === undefined) {
    const text = headers.get('content-range')
    const found =
      text === null
        ? 'no Content-Range (a browser sees it only if the server exposes it)'
        : JSON.stringify(text.slice(0, 80))
    throw new LocationError('BAD_ANSWER', `${shown}: a part of the file with ${found}`)
  }
  const expected = range.last - range.first + 1
  if (length === undefined || length === expected) return range
  throw new LocationError('BAD_ANSWER', `${shown}: ${length} bytes announced for a range of ${expected}`)
}

/** @throws {LocationError} `BAD_ANSWER`: ranges of compressed bytes are not those of the file */
export function checkEncoding({ shown, headers }: Answer): void {
  const encoding = contentEncoding(headers)
  if (encoding === undefined) return
  throw new LocationError('BAD_ANSWER', `${shown}: sent as ${encoding}, which was not asked for`)
}

/** @throws {LocationError} `BAD_ANSWER` if the answer is a web page by its type, and not a file by its bytes */
export function checkNoPage({ shown, status, headers }: Answer, first?: Uint8Array): void {
  const isFile = first?.[0] === 0x65 && first[1] === 0x32
  if (!isWebPage(headers) || isFile) return
  throw new LocationError('BAD_ANSWER', `${shown}: the server sent a web page (status ${status}), not the file`)
}

export function noRanges(shown: string): LocationError {
  const what = 'this server does not serve ranges: it sends whole files only, download the file'
  return new LocationError('NO_RANGES', `${shown}: ${what}`)
}

export function endedEarly({ shown }: Answer, have: number, length: number): LocationError {
  const message = `${shown}: the transfer ended after ${have} of ${length} bytes`
  return new LocationError('UNREACHABLE', message, { retryable: true })
}

export function moreThanSaid({ shown }: Answer): LocationError {
  return new LocationError('BAD_ANSWER', `${shown}: the server sent more bytes than it said`)
}

function changed(shown: string, how: string): LocationError {
  return new LocationError('CHANGED', `${shown}: the file has changed since it was opened: ${how}`)
}

function differences(version: Version, { headers }: Answer, size: number | undefined): string {
  if (size !== undefined && version.size !== size) return `it had ${version.size} bytes, now ${size}`
  if (version.etag !== undefined) return `its ETag was ${version.etag}, now ${headers.get('etag')}`
  return `it was of ${version.modified}, now of ${headers.get('last-modified')}`
}
