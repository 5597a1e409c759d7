import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What of a request is signed. */
export interface Signable {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
}

/** The `Authorization` header that a request must have, by the published algorithm. */
export function signature({ method, path, headers }: Signable, secret: string): string {
  const [, id = '', day = '', region = '', names = ''] =
    /Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ??
    []
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const [pathname = '', query = ''] = path.split('?')
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const hash = headers['x-amz-content-sha256']
  const request = [method, pathname, query, signed.join(''), names, hash].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const digest = createHash('sha256').update(request).digest('hex')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, digest].join('\n')
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`)
  return `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${hmac(key, text).toString('hex')}`
}
