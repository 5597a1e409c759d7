import type { HttpClock } from './clock.ts'

/** What is needed of the headers of an answer. */
export interface AnswerHeaders {
  get(name: string): string | null
}

/** What identifies a version of a file on a server. */
export interface Version {
  /** Of the whole file, in bytes. */
  readonly size: number | undefined
  /** A strong ETag, with its quotes. */
  readonly etag: string | undefined
  /** As the server wrote it. */
  readonly modified: string | undefined
}

/** A `Content-Range` header: the first and the last byte, and the size of the whole file. */
export interface ContentRange {
  readonly first: number
  readonly last: number
  readonly size: number | undefined
}

const RANGE = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i
const UNSATISFIED = /^bytes \*\/(\d{1,16})$/i

/** The range of a `206` answer; `undefined` if it has none, or one that cannot be. */
export function contentRange(headers: AnswerHeaders): ContentRange | undefined {
  const match = RANGE.exec(headers.get('content-range') ?? '')
  if (match === null) return undefined
  const [first, last] = [Number(match[1]), Number(match[2])]
  const size = match[3] === '*' ? undefined : Number(match[3])
  if (!Number.isSafeInteger(last) || first > last || (size !== undefined && last >= size)) return undefined
  return { first, last, size }
}

/** The size of the file in a `416` answer. */
export function unsatisfiedSize(headers: AnswerHeaders): number | undefined {
  const match = UNSATISFIED.exec(headers.get('content-range') ?? '')
  return match === null ? undefined : Number(match[1])
}

/** `Content-Length`, if it is a number of bytes. */
export function contentLength(headers: AnswerHeaders): number | undefined {
  const text = headers.get('content-length')
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** The version that an answer is of. A weak ETag does not identify bytes. */
export function versionOf(headers: AnswerHeaders, size: number | undefined): Version {
  const etag = headers.get('etag')
  const isStrong = etag !== null && /^"[^"]*"$/.test(etag)
  return { size, etag: isStrong ? etag : undefined, modified: headers.get('last-modified') ?? undefined }
}

/** Whether two answers may be of one version: sizes and strong ETags must not differ, without those dates. */
export function sameVersion(a: Version, b: Version): boolean {
  if (a.size !== undefined && b.size !== undefined && a.size !== b.size) return false
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag
  return a.modified === undefined || b.modified === undefined || a.modified === b.modified
}

/** Milliseconds that `Retry-After` asks for: seconds, or a date. */
export function retryAfterMs(headers: AnswerHeaders, clock: HttpClock): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock.now())
}

/** Whether an answer is a web page by its own account. */
export function isWebPage(headers: AnswerHeaders): boolean {
  return /^\s*(?:text\/html|application\/xhtml)/i.test(headers.get('content-type') ?? '')
}

/** The encoding that the bytes were sent in, if it is one. */
export function contentEncoding(headers: AnswerHeaders): string | undefined {
  const text = headers.get('content-encoding')?.trim().toLowerCase() ?? ''
  return text === '' || text === 'identity' ? undefined : text
}
