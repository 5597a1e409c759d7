import { toHex } from '../../io/bytes.ts'
import { LocationError } from '../errors.ts'
import type { Sign } from '../http/client.ts'
import { web } from '../web.ts'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/**
 * Signs requests with version 4 of Amazon's signatures, by the optional package `aws4fetch`, which is loaded at the first
 * one. What is sent is signed by its SHA-256.
 */
export function s3Signer(credentials: S3Credentials, region: string): Sign {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return async ({ method, url, body }) => {
    const { AwsV4Signer } = await import('aws4fetch').catch((error: unknown) => {
      const message = 'requests with credentials need the package aws4fetch: install it, or go without'
      throw new LocationError('NO_PACKAGE', message, { cause: error })
    })
    const signer = new AwsV4Signer({
      ...{ method, url, accessKeyId, secretAccessKey, service: 's3', region },
      ...(sessionToken !== undefined && { sessionToken }),
      ...(body !== undefined && { headers: { 'x-amz-content-sha256': await sha256Hex(body) } }),
    })
    const signed: { readonly headers: Iterable<[name: string, value: string]> } = await signer.sign()
    return Object.fromEntries(signed.headers)
  }
}

async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await web.crypto.subtle.digest('SHA-256', bytes)))
}
