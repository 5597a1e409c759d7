import { connect, type Socket } from 'node:net'
import { type Command, ENTRY_HEAD_BYTES, encodeCommand, PacketType } from '@datastreamer/format'
import type { Histogram } from './histogram.ts'

/** Bytes that one read takes; they are shared by all readers of a process. */
const shared = new Uint8Array(256 * 1024)

/** Type and length of a packet. */
const PACKET_HEAD_BYTES = 5

export interface LiveReaderOptions {
  readonly port: number
  /** Number of the first entry to ask for, which opens an operation. */
  readonly from: number
  /** Entries of each operation, of which the last begins with the time of the commit. */
  readonly operationEntries: number
  /** Gets the time from the commit of each operation to its last byte. */
  readonly latencies: Histogram
}

/** A connection that receives operations as they are committed and checks that no entry is missing or out of order. */
export class LiveReader {
  readonly #socket: Socket
  readonly #from: number
  readonly #operationEntries: number
  readonly #latencies: Histogram
  #next: number
  /** The beginning of a packet. */
  #rest: Uint8Array = new Uint8Array(0)
  #onProgress: () => void = () => {}
  #failure: Error | undefined
  #started = false

  constructor({ port, from, operationEntries, latencies }: LiveReaderOptions) {
    this.#from = from
    this.#operationEntries = operationEntries
    this.#next = from
    this.#latencies = latencies
    const start: Command = { name: 'start', fromEntryNumber: BigInt(from) }
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          this.#take(shared.subarray(0, length))
          return true
        },
      },
    })
    this.#socket.once('connect', () => this.#socket.write(encodeCommand(start, 1n)))
    this.#socket.once('error', (error) => this.#fail(error))
    this.#socket.once('close', () => this.#fail(new Error(`the connection was closed before entry ${this.#next}`)))
  }

  /** Resolves when the server has said OK. */
  async started(): Promise<void> {
    await this.#until(() => this.#started)
  }

  /** Resolves when all entries before that one are there. */
  async reached(entryNumber: number): Promise<void> {
    await this.#until(() => this.#next >= entryNumber)
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#onProgress = resolve
      })
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#socket.destroy()
    this.#onProgress()
  }

  #take(chunk: Uint8Array): void {
    const now = Number(process.hrtime.bigint())
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = 0
    while (bytes.length - at >= PACKET_HEAD_BYTES) {
      const length = view.getUint32(at + 1)
      if (length < PACKET_HEAD_BYTES) {
        this.#fail(new Error(`a packet of ${length} bytes came`))
        return
      }
      if (bytes.length - at < length) break
      if (bytes[at] === PacketType.entry) this.#takeEntry(view, at, now)
      else this.#started = true
      at += length
    }
    // A copy: another reader's bytes come to the same memory next.
    this.#rest = new Uint8Array(bytes.subarray(at))
    this.#onProgress()
  }

  #takeEntry(view: DataView, at: number, now: number): void {
    const number = Number(view.getBigUint64(at + 9))
    if (number !== this.#next) this.#fail(new Error(`entry ${number} came, expected ${this.#next}`))
    this.#next = number + 1
    if ((this.#next - this.#from) % this.#operationEntries !== 0) return
    this.#latencies.add((now - Number(view.getBigUint64(at + ENTRY_HEAD_BYTES))) / 1e6)
  }
}
