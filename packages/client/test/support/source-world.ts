import { tempDir } from '@datastreamer/fixtures'
import type { Entry } from '@datastreamer/format'
import { type ListenOptions, SourceServer, type SourceServerOptions } from '@datastreamer/server'
import { DiskError, openStore, type StoreOptions, type StreamStore } from '@datastreamer/store'
import { MemoryIndex } from '@datastreamer/store/log'
import { connectSource, type SourceClient, type SourceOptions } from '../../src/source.ts'
import { FaultProxy } from './fault-proxy.ts'

export interface WorldOptions {
  readonly server?: Partial<SourceServerOptions>
  readonly store?: Partial<StoreOptions>
  readonly listen?: ListenOptions
  readonly faultOf?: Parameters<typeof FaultProxy.start>[1]
}

/** A stream file, a server of sources that can be killed and started again, and a proxy in front of it. */
export class SourceWorld implements AsyncDisposable {
  readonly #dir = tempDir()
  readonly #options: WorldOptions
  #store: StreamStore | undefined
  #server: SourceServer | undefined
  #proxy: FaultProxy | undefined

  private constructor(options: WorldOptions) {
    this.#options = options
  }

  static async start(options: WorldOptions = {}): Promise<SourceWorld> {
    const world = new SourceWorld(options)
    const port = await world.up()
    world.#proxy = await FaultProxy.start(port, options.faultOf)
    return world
  }

  get store(): StreamStore {
    if (this.#store === undefined) throw new Error('the server is down')
    return this.#store
  }

  get server(): SourceServer {
    if (this.#server === undefined) throw new Error('the server is down')
    return this.#server
  }

  get proxy(): FaultProxy {
    if (this.#proxy === undefined) throw new Error('no proxy')
    return this.#proxy
  }

  /** Start the server, on the file as it is, or as `meddle` leaves it. */
  async up(meddle: (store: StreamStore) => Promise<unknown> = async () => {}): Promise<number> {
    const file = this.#dir.join('stream.bin')
    this.#store = await openStore({ file, index: new MemoryIndex(), fsync: 'never', ...this.#options.store })
    await meddle(this.#store)
    this.#server = new SourceServer({ store: this.#store, ...this.#options.server })
    await this.#server.listen({ port: 0, ...this.#options.listen })
    const port = this.#server.address?.port ?? 0
    if (this.#proxy !== undefined) this.#proxy.target = port
    return port
  }

  /** Take the server away at once, and close the file. */
  async down(): Promise<void> {
    this.#proxy?.drop()
    await this.#server?.close({ graceMs: 0 })
    // A store that can write no more says so, and releases all nevertheless.
    await this.#store?.close().catch((error: unknown) => {
      if (!(error instanceof DiskError)) throw error
    })
    this.#store = undefined
    this.#server = undefined
  }

  /** A source behind the proxy, which dials again at once. */
  source(options: Partial<SourceOptions> = {}): Promise<SourceClient> {
    const { host, port } = this.proxy
    return connectSource({ host, port, responseTimeoutMs: 20_000, backoff: { minMs: 0, maxMs: 5 }, ...options })
  }

  /** All entries. */
  async entries(): Promise<Entry[]> {
    const { totalEntries } = this.store.getHeader()
    const entries: Entry[] = []
    for (let number = 0n; number < totalEntries; number++) {
      const entry = await this.store.getEntry(number)
      if (entry !== undefined) entries.push({ ...entry, data: Uint8Array.from(entry.data) })
    }
    return entries
  }

  /** The first byte of the data of every entry. */
  async bytes(): Promise<(number | undefined)[]> {
    return (await this.entries()).map(({ data }) => data[0])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
    await this.#proxy?.[Symbol.asyncDispose]()
    this.#dir[Symbol.dispose]()
  }
}
