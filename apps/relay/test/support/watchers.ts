import { crc32 } from 'node:zlib'
import { StreamClient } from '@datastreamer/client'
import { type Entry, type Header, StreamError } from '@datastreamer/format'

const BACKOFF = { minMs: 20, maxMs: 500 }

/** A client at the end of a network: reads everything, checks the numbers and keeps a checksum. */
export class EndClient implements AsyncDisposable {
  readonly #client: StreamClient
  readonly #reading: Promise<void>
  /** Number of the next entry. */
  next = 0n
  /** Checksum of all entries so far. */
  checksum = 0
  /** What ended it before its time. */
  error: unknown

  constructor(port: number) {
    this.#client = new StreamClient({ host: '127.0.0.1', port, backoff: BACKOFF, responseTimeoutMs: 3000 })
    this.#reading = this.#read().catch((error: unknown) => {
      this.error = error
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
    await this.#reading
  }

  async #read(): Promise<void> {
    for await (const entries of this.#client.batches()) {
      for (const entry of entries) {
        if (entry.number !== this.next) throw new Error(`entry ${entry.number} where ${this.next} should come`)
        this.checksum = add(this.checksum, entry)
        this.next++
      }
    }
  }
}

/** The checksum that a client has which read all of these. */
export function add(checksum: number, { type, data }: Entry): number {
  return crc32(data, (checksum ^ type) >>> 0)
}

/** Asks for the header again and again, over one connection after another. */
export class HeaderSampler implements AsyncDisposable {
  readonly #client: StreamClient
  readonly #onHeader: (header: Header) => void
  readonly #asking: Promise<void>
  #stopped = false
  samples = 0

  constructor(port: number, onHeader: (header: Header) => void) {
    this.#client = new StreamClient({ host: '127.0.0.1', port, responseTimeoutMs: 2000 })
    this.#onHeader = onHeader
    this.#asking = this.#ask()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await this.#client.close()
    await this.#asking
  }

  async #ask(): Promise<void> {
    while (!this.#stopped) {
      const header = await this.#client.getHeader().catch((error: unknown) => {
        if (error instanceof StreamError) return undefined
        throw error
      })
      if (header !== undefined) {
        this.samples++
        this.#onHeader(header)
      }
      await new Promise((resolve) => setTimeout(resolve, header === undefined ? 50 : 1))
    }
  }
}
