import { LocationError } from '../errors.ts'
import { type Address, parseAddress } from '../http/address.ts'

/** A bucket, and a prefix in it that is empty or ends in a slash, or a key. */
export interface S3Address {
  readonly bucket: string
  readonly key: string
}

export interface S3EndpointOptions {
  /** Default `us-east-1`. */
  readonly region?: string | undefined
  /** `http://` or `https://` address of the service (default: that of AWS in the region). */
  readonly endpoint?: string | undefined
  /** Whether the bucket is in the path, not in the host name (default: with an `endpoint`, and if the name has a dot). */
  readonly pathStyle?: boolean | undefined
}

const BUCKET = /^[a-z0-9][a-z0-9._-]{1,62}$/i

/** Take an `s3://bucket/key` address apart. @throws {LocationError} `BAD_ADDRESS` */
export function parseS3(text: string): S3Address {
  const match = /^s3:\/\/([^/?#]+)(?:\/(.*))?$/s.exec(text)
  const [, bucket = '', key = ''] = match ?? []
  if (BUCKET.test(bucket)) return { bucket, key }
  throw new LocationError(
    'BAD_ADDRESS',
    `not an address of a bucket, as s3://bucket/folder/: ${JSON.stringify(text.slice(0, 200))}`,
  )
}

/** The web address of a bucket, with a final slash. @throws {LocationError} `BAD_ADDRESS` */
export function bucketAddress(bucket: string, options: S3EndpointOptions): Address {
  const { region = 'us-east-1', endpoint } = options
  const { pathStyle = endpoint !== undefined || bucket.includes('.') } = options
  if (!/^[a-z0-9-]{1,40}$/.test(region)) {
    throw new LocationError('BAD_ADDRESS', `not a region: ${JSON.stringify(region.slice(0, 40))}`)
  }
  const { url } = parseAddress(endpoint ?? `https://s3.${region}.amazonaws.com`)
  const base = url.replace(/[?#].*$/s, '').replace(/\/*$/, '/')
  return parseAddress(pathStyle ? `${base}${bucket}/` : base.replace('://', `://${bucket}.`))
}

/** The address of a key: slashes stay, all else is encoded. */
export function keyAddress(bucket: Address, key: string): Address {
  const path = key.split('/').map(encoded).join('/')
  return parseAddress(`${bucket.url}${path}`)
}

/** As S3 signs it: everything but letters, digits and `-._~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
