import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { zstdDecompressSync } from 'node:zlib'
import { type Command, encodeCommand, PacketReader } from '@datastreamer/format'
import type { ServerTlsOptions } from '@datastreamer/runtime'
import { until } from '@datastreamer/runtime/testing'
import { concat } from '@datastreamer/store/testing'
import { onServerEvent, type ServerEvent } from '../src/on-server-event.ts'
import { StreamServer } from '../src/stream-server.ts'
import type { ServedStream, ServingOptions } from '../src/tcp/server-options.ts'

/** A client that knows nothing: bytes out, bytes in. */
export class RawClient implements Disposable {
  readonly socket: Socket
  /** Resolves when the server has ended its side or the connection. */
  readonly closed: Promise<void>
  #got: Uint8Array[] = []
  #gotBytes = 0
  #wake: () => void = () => {}
  #isClosed = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Uint8Array) => {
      this.#got.push(chunk)
      this.#gotBytes += chunk.length
      this.#wake()
    })
    this.closed = new Promise((resolve) => {
      const onClosed = (): void => {
        this.#isClosed = true
        this.#wake()
        resolve()
      }
      socket.on('end', onClosed)
      socket.on('close', onClosed)
      socket.on('error', () => {})
    })
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  send(command: Command, streamType = 1n): void {
    this.socket.write(encodeCommand(command, streamType))
  }

  sendHex(hex: string): void {
    this.socket.write(Buffer.from(hex, 'hex'))
  }

  /** Exactly so many bytes. */
  async read(bytes: number): Promise<Uint8Array> {
    while (this.#gotBytes < bytes) {
      if (this.#isClosed) throw new Error(`closed after ${this.#gotBytes} of ${bytes} bytes`)
      await this.#more()
    }
    const all = concat(this.#got)
    this.#got = [all.subarray(bytes)]
    this.#gotBytes -= bytes
    return all.subarray(0, bytes)
  }

  /** What has come, at least one byte. */
  async readAny(): Promise<Uint8Array> {
    while (this.#gotBytes === 0) {
      if (this.#isClosed) throw new Error('closed')
      await this.#more()
    }
    return this.read(this.#gotBytes)
  }

  async readHex(bytes: number): Promise<string> {
    return Buffer.from(await this.read(bytes)).toString('hex')
  }

  /** All that comes until the server closes. */
  async rest(): Promise<Uint8Array> {
    await this.closed
    const all = concat(this.#got)
    this.#got = []
    this.#gotBytes = 0
    return all
  }

  /** All packets up to the first that is this one, as text: see {@link packetsIn}. */
  async packetsUntil(last: string): Promise<string[]> {
    for (;;) {
      const got = concat(this.#got)
      const packets = packetsIn(got)
      if (packets.includes(last)) {
        this.#got = []
        this.#gotBytes = 0
        if (packets.at(-1) !== last) throw new Error(`more came than ${last}: ${packets}`)
        return packets
      }
      if (this.#isClosed) throw new Error(`closed after ${packets}`)
      await this.#more()
    }
  }

  /** Stop a stream: what came of it since, and nothing that came later. */
  async stopped(): Promise<string[]> {
    this.send({ name: 'stop' })
    const packets = await this.packetsUntil('result 0')
    return packets.slice(0, -1)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

/**
 * What comes in, as text: `result 0`, `entry 7`, `response 7`, `header 13`, `end 13`, `end 13 gap`, `progress 13`,
 * `compressed entry 7, end 8`.
 */
export function packetsIn(bytes: Uint8Array): string[] {
  const reader = new PacketReader()
  reader.push(bytes)
  const found: string[] = []
  for (let packet = reader.read(); packet !== undefined; packet = reader.read()) {
    if (packet.packet === 'result') found.push(`result ${packet.result.code}`)
    else if (packet.packet === 'header') found.push(`header ${packet.header.totalEntries}`)
    else if (packet.packet === 'operationBoundary') {
      found.push(`end ${packet.operationBoundary.nextEntry}${packet.operationBoundary.gap ? ' gap' : ''}`)
    } else if (packet.packet === 'compressed') {
      const { size, frame } = packet.compressed
      found.push(`compressed ${packetsIn(zstdDecompressSync(frame, { maxOutputLength: size })).join(', ')}`)
    } else if (packet.packet === 'progress') found.push(`progress ${packet.progress.nextEntry}`)
    else if (packet.packet === 'runningDigest') {
      const { nextEntry, signature } = packet.runningDigest
      found.push(`${signature === undefined ? 'digest' : 'signed'} ${nextEntry}`)
    } else found.push(`${packet.packet} ${packet.entry.number}`)
  }
  if (reader.buffered > 0) found.push(`${reader.buffered} more bytes`)
  return found
}

/** A server of a log, on a free port, with all that happened at it. */
export class TestServer implements AsyncDisposable {
  readonly server: StreamServer
  readonly events: ServerEvent[] = []
  readonly #unlisten: () => void

  private constructor(server: StreamServer) {
    this.server = server
    this.#unlisten = onServerEvent(server, (event) => this.events.push(event))
  }

  static async start(reader: ServedStream, options: ServingOptions = {}, tls?: ServerTlsOptions): Promise<TestServer> {
    const test = new TestServer(new StreamServer({ reader, ...options }))
    await test.server.listen({ port: 0, tls })
    return test
  }

  get port(): number {
    return this.server.address?.port ?? 0
  }

  connect(): Promise<RawClient> {
    return RawClient.connect(this.port)
  }

  /** The connections that were closed so far: why, and with which code. */
  get closed(): string[] {
    return this.events.flatMap((event) => {
      if (event.type !== 'closed') return []
      return [event.code === undefined ? event.reason : `${event.reason} ${event.code}`]
    })
  }

  /** Resolves when so many connections were closed in all. */
  async whenClosed(count: number): Promise<string[]> {
    await until(() => this.closed.length >= count)
    return this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close({ graceMs: 100 })
    this.#unlisten()
  }
}
