import { LocationError } from './errors.ts'
import type { Address } from './http/address.ts'
import type { HttpOptions } from './http/client.ts'
import { download } from './http/download.ts'
import { type ReadOptions, RemoteServer } from './http/open-remote.ts'
import { fetchList, fetchText } from './http/read-text.ts'
import type { FoundFile } from './listing/found.ts'
import { type FullListing, readListing } from './listing/read-listing.ts'
import { collectS3 } from './listing/s3-pages.ts'
import { parseS3List, type S3Page } from './listing/s3-xml.ts'
import type { LocationOptions, RemoteLocation } from './location.ts'
import { checkFileName } from './names.ts'
import { bucketAddress, keyAddress, parseS3, type S3EndpointOptions } from './s3/s3-address.ts'
import { type S3Credentials, s3Signer } from './s3/sign.ts'

export interface S3LocationOptions extends HttpOptions, ReadOptions, S3EndpointOptions {
  /** Without them, requests are anonymous, which public buckets accept. */
  readonly credentials?: S3Credentials | undefined
}

/**
 * The files under a prefix of an S3 bucket, or of a service that understands the same requests. Otherwise as
 * `httpLocation`; the list is that of the bucket.
 *
 * @param address `s3://bucket/prefix`
 * @throws {LocationError} `BAD_ADDRESS`
 */
export function s3Location(address: string, options: S3LocationOptions = {}): RemoteLocation {
  const { bucket: name, key } = parseS3(address)
  const prefix = key === '' || key.endsWith('/') ? key : `${key}/`
  const bucket = bucketAddress(name, options)
  const shown = `s3://${name}/${prefix}`
  const { credentials, region = 'us-east-1' } = options
  const server = new RemoteServer({ ...options, sign: credentials && s3Signer(credentials, region) })
  const { client } = server
  const addressOf = (file: string): Address => ({
    ...keyAddress(bucket, `${prefix}${checkFileName(file)}`),
    shown: `${shown}${file}`,
  })
  const full = (how: LocationOptions = {}): Promise<FullListing> =>
    readListing({
      shown,
      files: async () => ({ form: 's3', files: await listBucket(server, bucket, prefix, shown, how) }),
      readText: (file) => fetchList(client, addressOf(file), how),
    })
  return {
    name: shown,
    list: async (how) => (await full(how)).all,
    async listing(how) {
      const { forms, files, sidecars, lists, warnings } = await full(how)
      return { forms, files, sidecars, lists, warnings }
    },
    open: async (file, how) => server.open(addressOf(file), file, how),
    readText: async (file, how = {}) => fetchList(client, addressOf(file), how),
    download: async (file, how) => download(client, addressOf(file), how),
    [Symbol.asyncDispose]: async () => {},
  }
}

async function listBucket(
  { client }: RemoteServer,
  bucket: Address,
  prefix: string,
  shown: string,
  how: LocationOptions,
): Promise<readonly FoundFile[]> {
  const load = async (next: S3Page['next']): Promise<S3Page> => {
    // Sorted by name, as they are signed.
    const query = [
      ...(next !== undefined && 'token' in next ? [['continuation-token', next.token] as const] : []),
      ['delimiter', '/'] as const,
      ...(next !== undefined && 'marker' in next ? [] : [['list-type', '2'] as const]),
      ...(next !== undefined && 'marker' in next ? [['marker', next.marker] as const] : []),
      ['prefix', prefix] as const,
    ]
    const text = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
    const { text: answer } = await fetchText(client, { ...bucket, url: `${bucket.url}?${text}`, shown }, how)
    const page = parseS3List(answer)
    if (page === undefined) throw new LocationError('BAD_LISTING', `${shown}: the answer is no list of a bucket`)
    return page
  }
  return collectS3(await load(undefined), prefix, shown, load)
}
