import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that a {@link FileServer} got. */
export interface Got {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly range: string | undefined
  readonly headers: IncomingMessage['headers']
}

/** Answers a request itself, or returns `false` so that it is answered as usual. */
export type Answers = (got: Got, response: ServerResponse, earlier: number) => false | undefined

/** A web server on this machine that holds files in memory, serves ranges of them, and remembers what it was asked for. */
export class FileServer implements AsyncDisposable {
  readonly files = new Map<string, Uint8Array | string>()
  readonly got: Got[] = []
  answers: Answers = () => false
  etag: string | undefined = '"1"'
  modified: string | undefined = 'Tue, 20 Feb 2024 19:50:00 GMT'
  url = ''
  readonly #server = createServer((request, response) => this.#handle(request, response))

  static async start(files: Readonly<Record<string, Uint8Array | string>> = {}): Promise<FileServer> {
    const server = new FileServer()
    for (const [name, bytes] of Object.entries(files)) server.files.set(name, bytes)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}/`
    return server
  }

  /** The ranges that were asked for since the last call. */
  ranges(): (string | undefined)[] {
    return this.got.splice(0).map(({ range }) => range)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '', headers } = request
    const got = { method, path, range: headers.range, headers }
    this.got.push(got)
    const earlier = this.got.filter((each) => each.path === path).length - 1
    response.on('error', () => undefined)
    if (this.answers(got, response, earlier) === false) this.serve(got, response)
  }

  /** Answer as a web server does. */
  serve({ path, range, headers, method }: Got, response: ServerResponse): void {
    const found = this.files.get(decodeURIComponent(path.slice(1).replace(/\?.*/, '')))
    if (found === undefined) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<html><h1>not found</h1></html>')
      return
    }
    const bytes = typeof found === 'string' ? new TextEncoder().encode(found) : found
    const { etag, modified } = this
    response.setHeader('content-type', typeof found === 'string' ? 'text/html' : 'application/octet-stream')
    if (etag !== undefined) response.setHeader('etag', etag)
    if (modified !== undefined) response.setHeader('last-modified', modified)
    const same = headers['if-range']
    const asked = same === undefined || same === etag || same === modified ? range : undefined
    const [from, to] = asked === undefined ? [0, bytes.length - 1] : bounds(asked, bytes.length)
    if (from > to && asked !== undefined) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
      return
    }
    const part = bytes.subarray(from, to + 1)
    response.setHeader('content-length', part.length)
    if (asked !== undefined) response.setHeader('content-range', `bytes ${from}-${to}/${bytes.length}`)
    response.writeHead(asked === undefined ? 200 : 206)
    response.end(method === 'HEAD' ? undefined : part)
  }
}

function bounds(range: string, size: number): [from: number, to: number] {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? []
  if (first === '') return [Math.max(0, size - Number(last)), size - 1]
  return [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)]
}

/** Bytes that do not repeat soon. */
export function someBytes(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
