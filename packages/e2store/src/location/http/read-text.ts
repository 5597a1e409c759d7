import { LocationError } from '../errors.ts'
import type { LocationOptions } from '../location.ts'
import { web } from '../web.ts'
import type { Address } from './address.ts'
import type { HttpClient } from './client.ts'
import { isWebPage } from './headers.ts'

/** More than any list of archives takes. */
const MAX_TEXT_BYTES = 16_777_216

/** A text, and whether it is a web page by what the server says. */
export interface FetchedText {
  readonly text: string
  readonly isPage: boolean
}

/** A small file or a page, whole. @throws {LocationError} `BAD_LISTING`: it is larger than a list, and as `HttpClient.request` */
export function fetchText(client: HttpClient, address: Address, { signal }: LocationOptions): Promise<FetchedText> {
  return client.retry(async () => {
    await using answer = await client.request(address, { signal })
    const bytes = await answer.bytes(MAX_TEXT_BYTES)
    if (bytes === undefined) {
      throw new LocationError('BAD_LISTING', `${address.shown}: more than ${MAX_TEXT_BYTES} bytes, too many for a list`)
    }
    return { text: new web.TextDecoder().decode(bytes), isPage: isWebPage(answer.headers) }
  }, signal)
}

/**
 * A list beside the files as text; `undefined` if it is not there. A server that answers everything with one web page
 * does not have it.
 */
export async function fetchList(
  client: HttpClient,
  address: Address,
  options: LocationOptions,
): Promise<string | undefined> {
  try {
    const { text, isPage } = await fetchText(client, address, options)
    return isPage && /^\s*</.test(text) ? undefined : text
  } catch (error) {
    if (error instanceof LocationError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
