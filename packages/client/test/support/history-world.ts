import { setImmediate as turn } from 'node:timers/promises'
import { tempDir } from '@datastreamer/fixtures'
import type { Entry } from '@datastreamer/format'
import { StreamServer } from '@datastreamer/server'
import { openStore, type StreamStore } from '@datastreamer/store'
import { MemoryIndex } from '@datastreamer/store/log'
import { FakeHistory, type FakeHistoryOptions } from './fake-history.ts'
import { FaultProxy } from './fault-proxy.ts'

/** Types of the entries of a world, in turn. */
export const TYPES = [1, 2, 7] as const

/** A stream with its server, and a history that archives it now and then. No two entries are ever the same. */
export class HistoryWorld implements AsyncDisposable {
  readonly store: StreamStore
  readonly history: FakeHistory
  readonly proxy: FaultProxy
  /** What the stream has now. */
  entries: Entry[] = []
  readonly #dir: ReturnType<typeof tempDir>
  #server: StreamServer
  #made = 0

  private constructor(
    dir: ReturnType<typeof tempDir>,
    store: StreamStore,
    server: StreamServer,
    proxy: FaultProxy,
    history: FakeHistory,
  ) {
    this.#dir = dir
    this.store = store
    this.#server = server
    this.proxy = proxy
    this.history = history
  }

  static async open(options: Omit<FakeHistoryOptions, 'entries'> = {}): Promise<HistoryWorld> {
    const dir = tempDir()
    const store = await openStore({
      file: dir.join('stream.bin'),
      index: new MemoryIndex(),
      fsync: 'never',
      systemId: 779n,
      version: 2,
    })
    const [server, port] = await listen(store)
    const proxy = await FaultProxy.start(port)
    return new HistoryWorld(dir, store, server, proxy, new FakeHistory({ entries: 0, ...options }))
  }

  /** Commit an operation of so many entries. */
  async append(count: number): Promise<void> {
    this.store.startAtomicOp()
    for (let i = 0; i < count; i++) {
      const made = this.#made++
      const data = new Uint8Array(4 + (made % 50))
      new DataView(data.buffer).setUint32(0, made)
      const type = TYPES[made % TYPES.length] ?? 1
      this.entries.push({ type, number: this.store.addStreamEntry(type, data), data })
    }
    await this.store.commitAtomicOp()
  }

  /** Remove the last entries. */
  async truncate(count: number): Promise<void> {
    const left = Math.max(0, this.entries.length - count)
    if (left === this.entries.length) return
    await this.store.truncateFile(BigInt(left))
    this.entries.length = left
  }

  /**
   * Archive what is there but for the last entries: the history has it from its next refresh on. What was archived stays; if it
   * is no longer the stream's, nothing is added, as digests over all of it would show.
   */
  seal(but: number): void {
    const known = this.history.found ?? this.history.has
    const end = this.entries.length - but
    const last = known.at(-1)
    const isOfStream = last === undefined || last === this.entries[known.length - 1]
    if (isOfStream && end > known.length) this.history.found = this.entries.slice(0, end)
  }

  /** Have another server in the place of this one. */
  async restart(): Promise<void> {
    await this.#server.close({ graceMs: 0 })
    const [server, port] = await listen(this.store)
    this.#server = server
    this.proxy.target = port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]()
    await this.#server.close({ graceMs: 0 })
    await this.store.close()
    this.#dir[Symbol.dispose]()
  }
}

/** What happens while somebody reads. */
export type WorldAction =
  | { readonly do: 'append' | 'truncate' | 'seal' | 'rewrite'; readonly count: number }
  | { readonly do: 'drop' | 'restart' }

/** Let turns of the event loop pass, then act. */
export async function act(world: HistoryWorld, action: WorldAction, after: number): Promise<void> {
  for (let i = 0; i < after; i++) await turn()
  switch (action.do) {
    case 'append':
      return world.append(action.count)
    case 'truncate':
      return world.truncate(action.count)
    case 'rewrite':
      await world.truncate(action.count)
      return world.append(action.count + 1)
    case 'seal':
      return world.seal(action.count)
    case 'drop':
      return world.proxy.drop()
    case 'restart':
      return world.restart()
  }
}

async function listen(store: StreamStore): Promise<[StreamServer, number]> {
  const server = new StreamServer({ store })
  await server.listen({ port: 0, host: '127.0.0.1' })
  if (server.address === undefined) throw new Error('not listening')
  return [server, server.address.port]
}
