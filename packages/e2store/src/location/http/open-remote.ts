import { fromBytes } from '../../io/byte-source.ts'
import type { OpenedFile, OpenOptions } from '../location.ts'
import type { Address } from './address.ts'
import { Watch } from './answer.ts'
import { type ClientOptions, HttpClient } from './client.ts'
import { openRange, type ServerHabits } from './opening.ts'
import { RemoteSource, type Shared } from './remote-source.ts'
import { SegmentCache } from './segments.ts'
import { Slots } from './slots.ts'
import { waitable } from './waitable.ts'

export interface ReadOptions {
  /**
   * Bytes asked for at the end of a file when it is opened (default 704 KiB: of the largest `.ere` that is the index and
   * all total difficulties, of an `.era1` also the last block).
   */
  readonly tailBytes?: number
  /**
   * Bytes that come along when something at the start of a file is read (default 64 KiB). With 6 MiB these are all headers
   * of an `.ere`: then a block of it takes one request for its body and one for its receipts.
   */
  readonly headBytes?: number
  /** Most bytes kept of what was read, of all open files (default 32 MiB). */
  readonly cacheBytes?: number
}

const DEFAULT_TAIL_BYTES = 720_896
const DEFAULT_HEAD_BYTES = 65_536
const DEFAULT_CACHE_BYTES = 33_554_432
const DEFAULT_CONNECTIONS = 6

/** A server, and what is known of it. */
export class RemoteServer implements Shared {
  readonly client: HttpClient
  readonly cache: SegmentCache
  readonly slots: Slots
  readonly headBytes: number
  readonly #habits: ServerHabits = {}
  readonly #tailBytes: number

  constructor(options: ClientOptions & ReadOptions = {}) {
    const { tailBytes = DEFAULT_TAIL_BYTES, cacheBytes = DEFAULT_CACHE_BYTES } = options
    this.headBytes = options.headBytes ?? DEFAULT_HEAD_BYTES
    this.client = new HttpClient(options)
    this.cache = new SegmentCache(cacheBytes)
    this.slots = new Slots(options.connections ?? DEFAULT_CONNECTIONS)
    this.#tailBytes = tailBytes
  }

  /** Open a file for random access. @throws {LocationError} */
  async open(address: Address, name: string, { signal, ends }: OpenOptions = {}): Promise<OpenedFile> {
    const life = new Watch(this.client.clock, waitable(signal))
    try {
      const { headBytes, slots } = this
      const how = { tailBytes: this.#tailBytes, headBytes, ends, habits: this.#habits, slots, signal: life.signal }
      const { version, parts } = await openRange(this.client, address, how)
      const [first] = parts
      if (version.size > 0 && first?.bytes.length !== version.size) {
        return new RemoteSource(name, { address, version }, parts, this, life)
      }
      life[Symbol.dispose]()
      return { name, ...fromBytes(first?.bytes ?? new Uint8Array(0)), [Symbol.asyncDispose]: async () => {} }
    } catch (error) {
      life[Symbol.dispose]()
      throw error
    }
  }
}
