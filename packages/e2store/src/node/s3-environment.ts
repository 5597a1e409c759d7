import type { S3LocationOptions } from '../location/s3-location.ts'

/**
 * Where a bucket is and what opens it, from the variables that other programs read too: `AWS_ACCESS_KEY_ID`,
 * `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` or `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL_S3` or
 * `AWS_ENDPOINT_URL`. Without keys, requests are anonymous.
 */
export function s3FromEnvironment(env: Readonly<Record<string, string | undefined>>): S3LocationOptions {
  const of = (...names: readonly string[]): string | undefined => names.map((name) => env[name]).find(Boolean)
  const accessKeyId = of('AWS_ACCESS_KEY_ID')
  const secretAccessKey = of('AWS_SECRET_ACCESS_KEY')
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : { accessKeyId, secretAccessKey, sessionToken: of('AWS_SESSION_TOKEN') }
  const region = of('AWS_REGION', 'AWS_DEFAULT_REGION')
  const endpoint = of('AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL')
  return { credentials, region, endpoint }
}
