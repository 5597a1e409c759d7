import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that a {@link BucketServer} got, with its whole body. */
export interface BucketRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Uint8Array
}

/** Answers a request itself, or returns `false` so that it is answered as usual; of each path, from 0 on. */
export type BucketAnswers = (
  got: BucketRequest,
  response: ServerResponse,
  earlier: number,
) => false | undefined | Promise<false | undefined>

/** A bucket on this machine that obeys `If-None-Match: *`. */
export class BucketServer implements AsyncDisposable {
  /** By path: `/bucket/key`. */
  readonly stored = new Map<string, Uint8Array>()
  readonly got: BucketRequest[] = []
  answers: BucketAnswers = () => false
  endpoint = ''
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch(() => response.destroy())
  })

  static async start(): Promise<BucketServer> {
    const server = new BucketServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    server.endpoint = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}`
    return server
  }

  /** Methods of the requests since the last call; `PUT*` are those with a condition. */
  methods(): string[] {
    return this.got.splice(0).map(({ method, headers }) => (headers['if-none-match'] === '*' ? `${method}*` : method))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const got = { method, path, headers, body: Buffer.concat(chunks) }
    const earlier = this.got.filter((each) => each.path === path).length
    this.got.push(got)
    response.on('error', () => undefined)
    if ((await this.answers(got, response, earlier)) === false) this.#serve(got, response)
  }

  #serve({ method, path, headers, body }: BucketRequest, response: ServerResponse): void {
    const found = this.stored.get(path)
    if (method === 'GET') {
      if (found === undefined) fail(response, 404, 'NoSuchKey')
      else response.end(found)
      return
    }
    if (headers['if-none-match'] === '*' && found !== undefined) {
      fail(response, 412, 'PreconditionFailed')
      return
    }
    this.stored.set(path, body)
    response.end()
  }
}

/** Answer as S3 does when it fails. */
export function fail(response: ServerResponse, status: number, named: string): undefined {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${named}</Code></Error>`)
}
