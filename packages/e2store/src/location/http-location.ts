import { LocationError } from './errors.ts'
import { type Address, fileIn, folderOf, parseAddress } from './http/address.ts'
import type { HttpOptions } from './http/client.ts'
import { download } from './http/download.ts'
import { type ReadOptions, RemoteServer } from './http/open-remote.ts'
import { fetchList, fetchText } from './http/read-text.ts'
import type { FoundFile } from './listing/found.ts'
import { parsePage } from './listing/page.ts'
import { type FullListing, readListing } from './listing/read-listing.ts'
import { collectS3 } from './listing/s3-pages.ts'
import { parseS3List, type S3Page } from './listing/s3-xml.ts'
import type { ListingForm, LocationOptions, RemoteLocation } from './location.ts'
import { web } from './web.ts'

export interface HttpLocationOptions extends HttpOptions, ReadOptions {
  /** Headers for the server that is named: one that it redirects to, or that a list leads to, does not get them. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The files in a folder of a web server. Files are read by range requests, which are merged, read ahead where reads
 * follow each other, tried again where that helps, and compared with the version that was opened.
 *
 * The list is made of all that the server has: lists of checksums or addresses beside the files, the list of a bucket,
 * nginx's as JSON, or the links and strings of a page. Files that a list of addresses has on another server are read
 * from there.
 *
 * @param url `http://` or `https://`, of the folder or of a page that lists it; user and password in it are sent as header
 * @throws {LocationError} `BAD_ADDRESS`
 */
export function httpLocation(url: string, options: HttpLocationOptions = {}): RemoteLocation {
  const page = parseAddress(url, options.headers)
  const folder = folderOf(page)
  const server = new RemoteServer(options)
  const { client } = server
  /** Addresses on other servers, as soon as a list has them. */
  let urls: ReadonlyMap<string, string> = new Map()
  const addressOf = (name: string): Address => {
    const elsewhere = urls.get(name)
    return elsewhere === undefined ? fileIn(folder, name) : parseAddress(elsewhere)
  }
  const full = async (how: LocationOptions = {}): Promise<FullListing> => {
    const listing = await readListing({
      shown: folder.shown,
      files: () => readPage(server, page.url.endsWith('.html') ? page : folder, how),
      readText: (name) => fetchList(client, fileIn(folder, name), how),
    })
    urls = listing.urls
    return listing
  }
  return {
    name: folder.shown,
    list: async (how) => (await full(how)).all,
    async listing(how) {
      const { forms, files, sidecars, lists, warnings } = await full(how)
      return { forms, files, sidecars, lists, warnings }
    },
    open: async (name, how) => server.open(addressOf(name), name, how),
    readText: async (name, how = {}) => fetchList(client, addressOf(name), how),
    download: async (name, how) => download(client, addressOf(name), how),
    [Symbol.asyncDispose]: async () => {},
  }
}

/** What the page of a folder lists; of a bucket, all pages. */
async function readPage(
  { client }: RemoteServer,
  page: Address,
  how: LocationOptions,
): Promise<{ readonly form: ListingForm; readonly files: readonly FoundFile[] }> {
  const { text } = await fetchText(client, page, how)
  const found = parsePage(text, page.url)
  if (found.form !== 's3') return found
  const load = async (next: NonNullable<S3Page['next']>): Promise<S3Page> => {
    const url = new web.URL(page.url)
    url.search =
      'token' in next
        ? `?list-type=2&continuation-token=${encodeURIComponent(next.token)}`
        : `?marker=${encodeURIComponent(next.marker)}`
    const { text: more } = await fetchText(client, { ...page, url: url.href }, how)
    const listed = parseS3List(more)
    if (listed === undefined)
      throw new LocationError('BAD_LISTING', `${page.shown}: the next page is no list of a bucket`)
    return listed
  }
  return { form: 's3', files: await collectS3(found.page, '', page.shown, load) }
}
