import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Answer, Rpc } from '../dispatch/rpc.ts'
import type { JsonPart } from '../protocol/json-text.ts'
import type { Held, HeldBytes } from './held-bytes.ts'
import type { HostNames } from './host-names.ts'
import type { Origins } from './origins.ts'

export interface WebSocketOptions {
  readonly rpc: Rpc
  readonly hosts: HostNames
  readonly origins: Origins
  /** Most bytes of a message. */
  readonly maxMessageBytes: number
  readonly maxConnections: number
  readonly heldBytes: HeldBytes
  /** Time between two pings, ms; a client that does not answer one until the next is disconnected. */
  readonly pingMs: number
  readonly onFault: (error: unknown) => void
}

/** Messages of a connection that are worked on at a time; no more are read meanwhile. */
const PARALLEL = 4

/** Status of a WebSocket whose server ends. */
const GOING_AWAY = 1001

/** Answers JSON-RPC over WebSocket. */
export class WebSockets {
  readonly #options: WebSocketOptions
  readonly #server: WebSocketServer
  readonly #answered = new WeakSet<WebSocket>()
  readonly #pings: NodeJS.Timeout

  constructor(http: Server, options: WebSocketOptions) {
    this.#options = options
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxMessageBytes,
      perMessageDeflate: false,
    })
    this.#server.on('connection', (socket: WebSocket, _: IncomingMessage, stream: Duplex) => {
      this.#serve(socket, stream)
    })
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head))
    this.#pings = setInterval(() => this.#ping(), options.pingMs).unref()
  }

  get size(): number {
    return this.#server.clients.size
  }

  /** Say to all clients that the server ends. */
  close(): void {
    clearInterval(this.#pings)
    for (const socket of this.#server.clients) socket.close(GOING_AWAY)
  }

  /** Disconnect those that are left. */
  terminate(): void {
    for (const socket of this.#server.clients) socket.terminate()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { hosts, origins, maxConnections } = this.#options
    socket.on('error', () => {})
    const isAllowed = hosts.allows(request.headers.host) && origins.allows(request.headers.origin)
    if (!isAllowed) socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    else if (this.size >= maxConnections) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    } else {
      this.#server.handleUpgrade(request, socket, head, (opened) =>
        this.#server.emit('connection', opened, request, socket),
      )
    }
  }

  #ping(): void {
    for (const socket of this.#server.clients) {
      if (this.#answered.delete(socket)) socket.ping()
      else socket.terminate()
    }
  }

  #serve(socket: WebSocket, stream: Duplex): void {
    const left = new AbortController()
    const held = this.#options.heldBytes.open(() => socket.terminate())
    /** Bytes that came since the last message was whole. */
    let partial = 0
    stream.prependListener('data', (chunk: Buffer) => {
      partial += chunk.length
      held.add(chunk.length)
    })
    const lives = (): void => void this.#answered.add(socket)
    lives()
    socket.on('pong', lives)
    socket.on('close', () => {
      held[Symbol.dispose]()
      left.abort(new Error('the client has left'))
    })
    socket.on('error', () => socket.terminate())
    const waiting: Buffer[] = []
    let working = 0
    // The frames of two answers must not mix.
    let sent: Promise<void> = Promise.resolve()
    const answer = async (message: Buffer): Promise<void> => {
      const onMade = (bytes: number): void => held.add(bytes)
      const made = await this.#options.rpc.answer(message.toString(), { signal: left.signal, client: socket, onMade })
      held.add(-message.length)
      if (made === undefined) return
      sent = sent.then(() => send(socket, made, held))
      await sent
    }
    const work = async (): Promise<void> => {
      working++
      for (let next = waiting.shift(); next !== undefined && !left.signal.aborted; next = waiting.shift()) {
        await answer(next)
      }
      working--
      if (socket.isPaused) socket.resume()
    }
    const fail = (error: unknown): void => {
      if (!left.signal.aborted && socket.readyState === socket.OPEN) this.#options.onFault(error)
      socket.terminate()
    }
    socket.on('message', (message: Buffer) => {
      lives()
      held.add(message.length - partial)
      partial = 0
      waiting.push(message)
      // What was read with this message still comes.
      if (working === PARALLEL) socket.pause()
      else work().catch(fail)
    })
  }
}

/** Send an answer as one message, as fast as the client takes it. */
async function send(socket: WebSocket, answer: Answer, held: Held): Promise<void> {
  if (typeof answer === 'string') {
    await sendPart(socket, answer, true)
    held.add(-answer.length)
    return
  }
  for await (const part of answer) {
    if (part.length === 0) continue
    await sendPart(socket, part, false)
    held.add(-part.length)
  }
  await sendPart(socket, '', true)
}

function sendPart(socket: WebSocket, part: JsonPart, fin: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(part, { fin, binary: false }, (error) => (error ? reject(error) : resolve()))
  })
}
