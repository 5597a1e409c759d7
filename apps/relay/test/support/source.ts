import { StreamServer, type StreamServerOptions } from '@datastreamer/server'
import { openStore, type StoreOptions, type StreamStore } from '@datastreamer/store'

export type NewEntry = { readonly type: number; readonly data: Uint8Array }

export interface SourceOptions {
  readonly file: string
  readonly store?: Omit<StoreOptions, 'file'>
  /** What the server leaves out or does otherwise. */
  readonly server?: Omit<StreamServerOptions, 'store' | 'reader'>
  readonly host?: string
}

/** What a sequencer runs: a store that is written by the test, and a server of it. Knows every operation boundary. */
export class Source implements AsyncDisposable {
  readonly store: StreamStore
  readonly server: StreamServer
  /** Totals at which an operation ended, 0 included. */
  readonly ends: Set<bigint> = new Set([0n])
  #written = 0n

  private constructor(store: StreamStore, server: StreamServer) {
    this.store = store
    this.server = server
    this.#written = store.getHeader().totalEntries
    this.ends.add(this.#written)
  }

  static async start({ file, store: options, server: more, host }: SourceOptions): Promise<Source> {
    const store = await openStore({ file, systemId: 1101n, version: 2, fsync: 'never', ...options })
    return Source.serve(store, more, host)
  }

  /** Serve a store, which is closed with the source. */
  static async serve(store: StreamStore, options: SourceOptions['server'] = {}, host?: string): Promise<Source> {
    const server = new StreamServer({ store, ...options })
    await server.listen({ host, port: 0 })
    return new Source(store, server)
  }

  get port(): number {
    return this.server.address?.port ?? 0
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get total(): bigint {
    return this.store.getHeader().totalEntries
  }

  /** Commit one operation, and wait until it is there. */
  async commit(entries: Iterable<NewEntry>): Promise<void> {
    await this.write(entries)
    await this.store.writable()
  }

  /** Commit one operation; may be called again before it is there. */
  write(entries: Iterable<NewEntry>): Promise<unknown> {
    this.store.startAtomicOp()
    for (const { type, data } of entries) {
      this.store.addStreamEntry(type, data)
      this.#written++
    }
    this.ends.add(this.#written)
    return this.store.commitAtomicOp()
  }

  /** Commit `count` operations of `size` small entries each. */
  async commitMany(count: number, size: number, fill = 7): Promise<void> {
    for (let i = 0; i < count; i++) await this.commit(entriesOf(size, fill + i))
  }

  async truncate(total: bigint): Promise<void> {
    await this.store.truncateFile(total)
    this.#written = total
    for (const end of this.ends) if (end > total) this.ends.delete(end)
    this.ends.add(total)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close({ graceMs: 0 })
    await this.store.close()
  }
}

/** Entries of a type that no sequencer has. */
export function* entriesOf(count: number, fill: number): Generator<NewEntry, void, void> {
  for (let i = 0; i < count; i++)
    yield { type: 1000 + (i % 3), data: new Uint8Array((fill * 31 + i * 17) % 90).fill(fill) }
}
