import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What was answered to a request. */
export interface HttpAnswer {
  /** Bytes of the body. */
  readonly bytes: number
  /** The last 256 bytes of the body, or all if it has fewer. */
  readonly tail: string
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = '\r\n0\r\n\r\n'
const TAIL_BYTES = 256

/**
 * One kept connection on which requests follow each other. It does as little as a client can, so that what is measured
 * is the server: bodies are counted, not parsed.
 */
export class HttpClient implements Disposable {
  readonly #socket: Socket
  #head: Buffer = Buffer.alloc(0)
  /** Bytes of the body that are missing; `undefined` while the head comes, `Infinity` in chunks. */
  #missing: number | undefined
  #bytes = 0
  #tail = ''
  #answer: { resolve(answer: HttpAnswer): void; reject(error: Error): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data: Buffer) => this.#take(data))
    const fail = (): void => this.#answer?.reject(new Error('the server closed the connection'))
    socket.on('error', fail).on('close', fail)
  }

  static async open(port: number): Promise<HttpClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new HttpClient(socket)
  }

  /** Post a JSON text of ASCII. @throws {Error} another status than 200, or no answer */
  post(json: string): Promise<HttpAnswer> {
    const head = `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n`
    return this.send(head + json)
  }

  /** Send a request as it is. */
  send(request: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject }
      this.#socket.write(request, 'latin1')
    })
  }

  [Symbol.dispose](): void {
    this.#answer = undefined
    this.#socket.destroy()
  }

  #take(data: Buffer): void {
    if (this.#missing !== undefined) {
      this.#body(data)
      return
    }
    this.#head = this.#head.length === 0 ? data : Buffer.concat([this.#head, data])
    const end = this.#head.indexOf(HEAD_END)
    if (end < 0) return
    const head = this.#head.toString('latin1', 0, end)
    const body = this.#head.subarray(end + HEAD_END.length)
    this.#head = Buffer.alloc(0)
    if (!/^HTTP\/1\.1 20[06] /.test(head)) {
      this.#answer?.reject(new Error(`answered with ${head.split('\r\n', 1)[0]}`))
      return
    }
    this.#bytes = 0
    this.#tail = ''
    this.#missing = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.POSITIVE_INFINITY)
    this.#body(body)
  }

  #body(data: Buffer): void {
    this.#bytes += data.length
    this.#tail = (this.#tail + data.subarray(-TAIL_BYTES).toString('latin1')).slice(-TAIL_BYTES)
    this.#missing = (this.#missing ?? 0) - data.length
    const isOver = this.#missing === Number.POSITIVE_INFINITY ? this.#tail.endsWith(LAST_CHUNK) : this.#missing <= 0
    if (!isOver) return
    this.#missing = undefined
    this.#answer?.resolve({ bytes: this.#bytes, tail: this.#tail })
  }
}
