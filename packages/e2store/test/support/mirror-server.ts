import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checksumList, type HistoryFiles, sha256Of } from './history-folder.ts'

/**
 * How a server answers for a file: `broken` ends the connection after half of what was asked for, `stall` sends half and then
 * nothing, `long` announces ten bytes more than it sends, `short` ten less than the file has, `page` sends a page,
 * `flaky` fails with 503 the first time, `other` gives a different version each time.
 */
export type Manner = 'broken' | 'stall' | 'long' | 'short' | 'page' | 'absent' | 'flaky' | 'no-ranges' | 'other'

export interface MirrorServerOptions {
  /** What it sends where that differs from what it lists. */
  readonly sends?: HistoryFiles
  /** How it answers for a file; each manner once, or always. */
  readonly manners?: ReadonlyMap<string, { readonly manner: Manner; readonly times?: number }>
  /** Names that its page does not have. */
  readonly hidden?: readonly string[]
  /** Sizes that its page has wrongly. */
  readonly sizes?: ReadonlyMap<string, number>
  /** A list of checksums beside the files (default: with names, of the files; `undefined` for none). */
  readonly checksums?: string | undefined
  /** The folder that the client writes to: each chunk is sent when those before it are in a file there. */
  readonly writtenTo?: string
  /** Called when so many bytes in all were sent. */
  readonly onSent?: (sent: number) => void
}

const CHUNK_BYTES = 65_536

/** A web server with a folder of history, that misbehaves as its options say. */
export class MirrorServer implements AsyncDisposable {
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  readonly #files: HistoryFiles
  readonly #options: MirrorServerOptions
  readonly #used = new Map<string, number>()
  /** Names whose content was asked for, once for each request. */
  readonly asked: string[] = []
  /** Bytes of files that were sent. */
  sent = 0

  private constructor(files: HistoryFiles, options: MirrorServerOptions) {
    this.#files = files
    this.#options = { checksums: checksumList(files), ...options }
  }

  static async start(files: HistoryFiles, options: MirrorServerOptions = {}): Promise<MirrorServer> {
    const server = new MirrorServer(files, options)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = decodeURIComponent(new URL(request.url ?? '/', this.url).pathname.slice(1))
    const { checksums, sends } = this.#options
    if (name === '') return void response.setHeader('content-type', 'text/html').end(this.#page())
    if (name === 'checksums_sha256.txt' && checksums !== undefined) return void response.end(checksums)
    const bytes = sends?.get(name) ?? this.#files.get(name)
    if (bytes === undefined) return void response.writeHead(404).end('not found')
    if (request.method === 'GET') this.asked.push(name)
    await this.#send(name, bytes, request, response).catch(() => response.destroy())
  }

  #page(): string {
    const rows = [...this.#files]
      .filter(([name]) => this.#options.hidden?.includes(name) !== true)
      .map(
        ([name, bytes]) =>
          `<a href="${name}">${name}</a>  20-Feb-2024 19:50  ${this.#options.sizes?.get(name) ?? bytes.length}`,
      )
    return `<html><body><pre>\n${rows.join('\n')}\n</pre></body></html>`
  }

  async #send(name: string, bytes: Uint8Array, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const manner = this.#mannerOf(name, request)
    if (manner === 'absent') return void response.writeHead(404).end()
    if (manner === 'flaky') return void response.writeHead(503, { 'retry-after': '0' }).end()
    if (manner === 'page') return void response.setHeader('content-type', 'text/html').end('<html>welcome</html>')
    const version = manner === 'other' ? String(this.asked.length) : sha256Of(bytes).slice(0, 16)
    const etag = `"${version}"`
    const from = manner === 'no-ranges' ? 0 : rangeStart(request, etag)
    if (from >= bytes.length && from > 0) {
      return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}`, etag }).end()
    }
    const extra = manner === 'long' ? 10 : manner === 'short' ? -10 : 0
    const headers = {
      ...{ etag, 'content-length': bytes.length - from + extra, 'content-type': 'application/octet-stream' },
      ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length + extra - 1}/${bytes.length + extra}` }),
    }
    response.writeHead(from > 0 ? 206 : 200, headers)
    if (request.method === 'HEAD') return void response.end()
    const half = from + Math.ceil((bytes.length - from) / 2)
    const end = manner === 'broken' || manner === 'stall' ? half : bytes.length + Math.min(extra, 0)
    for (let at = from; at < end; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, Math.min(end, at + CHUNK_BYTES))
      await new Promise<void>((resolve, reject) =>
        response.write(chunk, (error) => (error ? reject(error) : resolve())),
      )
      this.sent += chunk.length
      this.#options.onSent?.(this.sent)
      await this.#untilWritten(name, at + chunk.length, response)
    }
    if (manner === 'broken' || manner === 'long') response.destroy()
    else if (manner !== 'stall') response.end()
  }

  /** What is under way when a connection ends is lost: so nothing is. */
  async #untilWritten(name: string, end: number, response: ServerResponse): Promise<void> {
    const { writtenTo } = this.#options
    if (writtenTo === undefined) return
    const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
    const path = join(writtenTo, name)
    while (!response.destroyed && Math.max(size(path), size(`${path}.part`)) < end) await sleep(2)
  }

  #mannerOf(name: string, request: IncomingMessage): Manner | undefined {
    const found = this.#options.manners?.get(name)
    if (found === undefined || request.method !== 'GET') return undefined
    const used = this.#used.get(name) ?? 0
    this.#used.set(name, used + 1)
    return used < (found.times ?? Number.POSITIVE_INFINITY) ? found.manner : undefined
  }
}

/** Where the bytes begin that a request asks for, if it is about this version. */
function rangeStart({ headers }: IncomingMessage, etag: string): number {
  const asked = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]
  const isSame = headers['if-range'] === undefined || headers['if-range'] === etag
  return asked === undefined || !isSame ? 0 : Number(asked)
}
