import type { IncomingMessage, ServerResponse } from 'node:http'
import { FORWARDED_HEADER } from '../dispatch/http-fallback.ts'
import type { Rpc } from '../dispatch/rpc.ts'
import type { HeldBytes } from './held-bytes.ts'
import type { HostNames } from './host-names.ts'
import { sendAnswer } from './http-answer.ts'
import type { Origins } from './origins.ts'
import { readBody } from './read-body.ts'

/** Answers a request of HTTP. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void

export interface HttpHandlerOptions {
  readonly rpc: Rpc
  readonly hosts: HostNames
  readonly origins: Origins
  readonly maxBodyBytes: number
  readonly heldBytes: HeldBytes
  /** Time between two signs to a client that sends no more, ms. */
  readonly askGoneMs: number
  /** Answers what is asked for below `/eth/` and `/checkpointz/`. */
  readonly beacon: HttpHandler | undefined
  /** Notified of what nobody foresaw. */
  readonly onFault: (error: unknown) => void
}

const BEACON_PATHS = /^\/(?:eth|checkpointz)\//

const JSON_TYPES: ReadonlySet<string> = new Set(['application/json', 'application/json-rpc', 'application/jsonrequest'])

/** Answers JSON-RPC over HTTP, as Ethereum nodes do. */
export function httpHandler(options: HttpHandlerOptions): HttpHandler {
  const { hosts, origins, beacon, onFault } = options
  return (request, response) => {
    const { method = '', url = '/', headers } = request
    if (!hosts.allows(headers.host)) {
      refuse(response, 403, 'invalid host specified')
      return
    }
    origins.mark(request, response)
    const [path = '/'] = url.split('?', 1)
    if (method === 'OPTIONS') refuse(response, 200)
    else if (BEACON_PATHS.test(path) && beacon !== undefined) beacon(request, response)
    else if (path !== '/') refuse(response, 404, 'not found')
    else if (method === 'GET' || method === 'HEAD') refuse(response, 200)
    else if (method !== 'POST') {
      response.setHeader('allow', 'GET, POST, OPTIONS')
      refuse(response, 405, 'method not allowed')
    } else if (!isJson(headers['content-type'])) {
      refuse(response, 415, 'invalid content type, only application/json is supported')
    } else {
      post(request, response, options).catch((error: unknown) => {
        // A client that has left is no fault.
        if (response.destroyed || request.destroyed) return
        onFault(error)
        if (response.headersSent) response.destroy()
        else refuse(response, 500, 'internal error')
      })
    }
  }
}

async function post(
  request: IncomingMessage,
  response: ServerResponse,
  { rpc, maxBodyBytes, heldBytes, askGoneMs }: HttpHandlerOptions,
): Promise<void> {
  const left = new AbortController()
  const held = heldBytes.open(() => request.socket.destroy())
  const stop = askWhetherGone(request, response, askGoneMs)
  response.once('close', () => {
    stop()
    held[Symbol.dispose]()
    if (!response.writableFinished) left.abort(new Error('the client has left'))
  })
  const text = await readBody(request, maxBodyBytes, held)
  if (text === undefined) {
    refuseBody(request, response, `content length too large: at most ${maxBodyBytes}\n`)
    return
  }
  const mayAskElsewhere = request.headers[FORWARDED_HEADER] === undefined
  const onMade = (bytes: number): void => held.add(bytes)
  const answer = await rpc.answer(text, { signal: left.signal, client: request.socket, onMade, mayAskElsewhere })
  if (answer === undefined) refuse(response, 200)
  else await sendAnswer(response, answer, { signal: left.signal, held })
}

/**
 * A client that sends no more may wait for its answer, or have left: the two look alike until something is sent. It is sent
 * a sign time and again that its answer is being made, which the system of those who have left refuses.
 *
 * @returns a function that ends this
 */
function askWhetherGone(
  { socket, httpVersion }: IncomingMessage,
  response: ServerResponse,
  everyMs: number,
): () => void {
  let timer: ReturnType<typeof setInterval> | undefined
  const sign = (): void => {
    if (!response.headersSent) response.writeProcessing()
  }
  const begin = (): void => {
    // HTTP 1.0 has no answers that only precede another.
    if (httpVersion === '1.0') {
      socket.destroy()
      return
    }
    sign()
    timer = setInterval(sign, everyMs)
  }
  if (socket.readableEnded) begin()
  else socket.once('end', begin)
  return () => {
    clearInterval(timer)
    socket.off('end', begin)
  }
}

/** Refuse a body that still comes: a client that cannot send all of it would not see the answer. */
function refuseBody(request: IncomingMessage, response: ServerResponse, text: string): void {
  response.writeHead(413, { 'content-type': 'text/plain', 'content-length': text.length, connection: 'close' })
  response.write(text)
  const end = (): void => void response.end()
  if (request.readableEnded) end()
  else request.once('end', end).resume()
}

function isJson(contentType: string | undefined): boolean {
  const [type = ''] = contentType?.split(';', 1) ?? []
  return JSON_TYPES.has(type.trim().toLowerCase())
}

function refuse(response: ServerResponse, status: number, text?: string): void {
  const body = text === undefined ? '' : `${text}\n`
  if (text !== undefined) response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
