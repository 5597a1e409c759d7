import { LocationError } from '../errors.ts'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

type Sign = (method: 'GET' | 'HEAD', url: string) => Promise<Readonly<Record<string, string>>>

/**
 * Signs requests with version 4 of Amazon's signatures, by the optional package `aws4fetch`, which is loaded at the first
 * one.
 */
export function s3Signer(credentials: S3Credentials, region: string): Sign {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return async (method, url) => {
    const { AwsV4Signer } = await import('aws4fetch').catch((error: unknown) => {
      const message = 'requests with credentials need the package aws4fetch: install it, or read the bucket without'
      throw new LocationError('NO_PACKAGE', message, { cause: error })
    })
    const signer = new AwsV4Signer({
      ...{ method, url, accessKeyId, secretAccessKey, service: 's3', region },
      ...(sessionToken !== undefined && { sessionToken }),
    })
    const signed: { readonly headers: Iterable<[name: string, value: string]> } = await signer.sign()
    return Object.fromEntries(signed.headers)
  }
}
