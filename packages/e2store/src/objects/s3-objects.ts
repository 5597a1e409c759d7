import { LocationError } from '../location/errors.ts'
import { bucketAddress, keyAddress, parseS3, type S3EndpointOptions } from '../location/s3/s3-address.ts'
import { type S3Credentials, s3Signer } from '../location/s3/sign.ts'
import { fetchObject } from './fetch-object.ts'
import { fetchObjectRange } from './fetch-object-range.ts'
import { checkKey } from './keys.ts'
import { ObjectServer, type RemoteObject, type RemoteObjectsOptions } from './object-server.ts'
import type { WritableObjects } from './objects.ts'
import { type ConditionHabits, storeObject } from './store-object.ts'

export interface S3ObjectsOptions extends RemoteObjectsOptions, S3EndpointOptions {
  /** Without them, requests are anonymous: public buckets accept those that read. */
  readonly credentials?: S3Credentials | undefined
}

/**
 * The objects under a prefix of an S3 bucket, or of a service that understands the same requests.
 *
 * An immutable object is stored on the condition that there is none (`If-None-Match: *`), and compared if there is one. A
 * service that refuses the condition is asked without it from then on; that one and one that ignores it replace what is
 * there. Who reads a bucket without the right to list it gets `DENIED` for a key that is not there.
 *
 * @param address `s3://bucket/prefix`
 * @throws {LocationError} `BAD_ADDRESS`
 */
export function s3Objects(address: string, options: S3ObjectsOptions = {}): WritableObjects {
  const { bucket: name, key } = parseS3(address)
  const prefix = key === '' || key.endsWith('/') ? key : `${key}/`
  const bucket = bucketAddress(name, options)
  const shown = `s3://${name}/${prefix}`
  const { credentials, region = 'us-east-1' } = options
  const server = new ObjectServer({ ...options, sign: credentials && s3Signer(credentials, region) })
  const habits: ConditionHabits = { isRefused: false }
  const at = (object: string): RemoteObject => ({
    server,
    address: { ...keyAddress(bucket, `${prefix}${checkKey(object)}`), shown: `${shown}${object}` },
  })
  return {
    name: shown,
    get: async (object, how) => fetchObject(at(object), how).catch(explained),
    getRange: async (object, from, to, how = {}) => fetchObjectRange(at(object), from, to, how).catch(explained),
    put: async (object, bytes, how) => storeObject(at(object), bytes, how, habits),
    [Symbol.asyncDispose]: async () => {},
  }
}

/** @throws what was thrown; of what is denied, what it may mean */
function explained(error: unknown): never {
  if (!(error instanceof LocationError) || error.status !== 403) throw error
  const hint = 'not there, or not to be read: without the right to list the bucket (s3:ListBucket) both look the same'
  throw new LocationError('DENIED', `${error.message}: ${hint}`, { status: error.status, cause: error })
}
