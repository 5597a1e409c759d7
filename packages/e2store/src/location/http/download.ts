import { LocationError } from '../errors.ts'
import type { Download, DownloadOptions } from '../location.ts'
import type { Address } from './address.ts'
import type { Answer } from './answer.ts'
import type { HttpClient } from './client.ts'
import { contentLength, sameVersion, unsatisfiedSize, type Version, versionOf } from './headers.ts'
import { checkEncoding, checkNoPage, endedEarly, moreThanSaid, partOf } from './range.ts'

/** Ask for a file from a position on, once. See `Location.download`. */
export async function download(client: HttpClient, address: Address, options: DownloadOptions = {}): Promise<Download> {
  const { from = 0, validator, signal } = options
  if (from > 0) {
    const rest = await theRest(client, address, from, validator, signal)
    if (rest !== undefined) return rest
  }
  const answer = await client.request(address, { signal })
  try {
    checkEncoding(answer)
    checkNoPage(answer)
    return transfer(answer, 0, contentLength(answer.headers))
  } catch (error) {
    await answer[Symbol.asyncDispose]()
    throw error
  }
}

/** The bytes from `from` on; `undefined` if the file has to be sent from its start. */
async function theRest(
  client: HttpClient,
  address: Address,
  from: number,
  validator: string | undefined,
  signal: DownloadOptions['signal'],
): Promise<Download | undefined> {
  const before = validator === undefined ? undefined : decodeValidator(validator)
  const same = before?.etag ?? before?.modified
  const headers = { range: `bytes=${from}-`, ...(same !== undefined && { 'if-range': same }) }
  const answer = await client.request(address, { headers, signal, accept: [416] })
  let isUsed = false
  try {
    if (answer.status === 416) {
      if (unsatisfiedSize(answer.headers) !== from) return undefined
      return { from, size: from, ...(validator !== undefined && { validator }), bytes: nothing(), ...disposed() }
    }
    checkEncoding(answer)
    checkNoPage(answer)
    isUsed = true
    // The whole file: it is another, or the server gives no ranges.
    if (answer.status === 200) return transfer(answer, 0, contentLength(answer.headers))
    const { first, last, size } = partOf(answer)
    const isSame = before === undefined || sameVersion(before, versionOf(answer.headers, size))
    if (isSame && first === from && (size === undefined || last === size - 1)) return transfer(answer, from, last + 1)
    isUsed = false
    return undefined
  } finally {
    if (!isUsed) await answer[Symbol.asyncDispose]()
  }
}

function transfer(answer: Answer, from: number, size: number | undefined): Download {
  const validator = encodeValidator(versionOf(answer.headers, size))
  return {
    from,
    ...(size !== undefined && { size }),
    ...(validator !== undefined && { validator }),
    bytes: whole(answer, from, size),
    [Symbol.asyncDispose]: () => answer[Symbol.asyncDispose](),
  }
}

/** The bytes of an answer, which have to be as many as were announced. */
async function* whole(answer: Answer, from: number, size: number | undefined): AsyncGenerator<Uint8Array, void, void> {
  let at = from
  for await (const chunk of answer.chunks()) {
    at += chunk.length
    if (size !== undefined && at > size) throw moreThanSaid(answer)
    yield chunk
  }
  if (size !== undefined && at < size) throw endedEarly(answer, at - from, size - from)
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

function disposed(): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => {} }
}

/** A strong ETag as it is; otherwise date and size, which together are nearly as good. */
function encodeValidator({ etag, modified, size }: Version): string | undefined {
  if (etag !== undefined) return etag
  return modified === undefined || size === undefined ? undefined : `${modified}; ${size}`
}

function decodeValidator(text: string): Version {
  if (text.startsWith('"')) return { etag: text, modified: undefined, size: undefined }
  const match = /^([\w :,-]+); (\d{1,16})$/.exec(text)
  if (match === null) throw new LocationError('BAD_ANSWER', `not a validator: ${JSON.stringify(text.slice(0, 80))}`)
  return { etag: undefined, modified: match[1], size: Number(match[2]) }
}
