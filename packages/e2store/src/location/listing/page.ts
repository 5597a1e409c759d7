import { LocationError } from '../errors.ts'
import { shownUrl } from '../http/address.ts'
import type { ListingForm } from '../location.ts'
import type { FoundFile } from './found.ts'
import { parseHtml } from './html.ts'
import { parseJsonList } from './json.ts'
import { parseS3List, type S3Page } from './s3-xml.ts'

/** What the page of a folder says. */
export type Page =
  | { readonly form: Extract<ListingForm, 'json' | 'html'>; readonly files: readonly FoundFile[] }
  | { readonly form: 's3'; readonly page: S3Page }

/**
 * Read the page of a folder, whichever form it has.
 *
 * @param url address of the page
 * @throws {LocationError} `BAD_LISTING` if it is XML of another kind
 */
export function parsePage(text: string, url: string): Page {
  const start = text
    .slice(0, 1024)
    .replace(/^\ufeff/, '')
    .trimStart()
  if (start.startsWith('[')) {
    const files = parseJsonList(text)
    if (files !== undefined) return { form: 'json', files }
  }
  if (start.startsWith('<?xml') || start.startsWith('<ListBucketResult')) {
    const page = parseS3List(text)
    if (page !== undefined) return { form: 's3', page }
    if (/<Error>/.test(start)) {
      const code = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(start)?.[1] ?? 'unknown'
      throw new LocationError('BAD_LISTING', `${shownUrl(url)}: the server answered with the error ${code}`)
    }
  }
  return { form: 'html', files: parseHtml(text, url) }
}
