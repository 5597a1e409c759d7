import { once } from 'node:events'
import { connect } from 'node:net'
import { tempDir } from '@datastreamer/fixtures'
import {
  decodeSourceAnswer,
  encodeSourceRequest,
  MessageReader,
  type SourceAnswer,
  type SourceRequest,
  sourceCodeName,
} from '@datastreamer/format/source'
import { until } from '@datastreamer/runtime/testing'
import type { StreamStore } from '@datastreamer/store'
import { openStore, type StoreOptions } from '@datastreamer/store'
import { MemoryIndex } from '@datastreamer/store/log'
import type { ListenOptions } from '../src/socket/listen-options.ts'
import { onSourceEvent, type SourceEvent } from '../src/source/on-source-event.ts'
import type { SourceServerOptions } from '../src/source/source-options.ts'
import { SourceServer } from '../src/source/source-server.ts'
import { RawClient } from './tcp-client.ts'

/** A source client that sends what a test says. */
export class RawSource implements Disposable {
  readonly raw: RawClient
  readonly #reader = new MessageReader(decodeSourceAnswer)

  constructor(raw: RawClient) {
    this.raw = raw
  }

  static async connect(port: number): Promise<RawSource> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    return new RawSource(new RawClient(socket))
  }

  send(...requests: readonly SourceRequest[]): void {
    this.raw.socket.write(Buffer.concat(requests.map(encodeSourceRequest)))
  }

  /** Say who we are, and wait for the welcome. */
  async hello(fields: Partial<Extract<SourceRequest, { name: 'hello' }>> = {}): Promise<SourceAnswer> {
    this.send(hello(fields))
    return this.answer()
  }

  /** The next answer that is no ping. */
  async answer(): Promise<SourceAnswer> {
    for (;;) {
      const head = await this.raw.read(5)
      this.#reader.push(head)
      this.#reader.push(await this.raw.read(Buffer.from(head).readUInt32BE(1) - head.length))
      const answer = this.#reader.read()
      if (answer !== undefined && answer.name !== 'ping') return answer
    }
  }

  /** So many answers, as text: see {@link textOf}. */
  async answers(count: number): Promise<string[]> {
    const texts: string[] = []
    while (texts.length < count) texts.push(textOf(await this.answer()))
    return texts
  }

  /** All answers until the server closes. */
  async rest(): Promise<string[]> {
    this.#reader.push(await this.raw.rest())
    const texts: string[] = []
    for (let answer = this.#reader.read(); answer !== undefined; answer = this.#reader.read()) {
      if (answer.name !== 'ping') texts.push(textOf(answer))
    }
    return texts
  }

  [Symbol.dispose](): void {
    this.raw[Symbol.dispose]()
  }
}

export function hello(
  fields: Partial<Extract<SourceRequest, { name: 'hello' }>> = {},
): Extract<SourceRequest, { name: 'hello' }> {
  return { name: 'hello', streamType: 1n, nextEntry: undefined, sourceId: 'test', token: new Uint8Array(0), ...fields }
}

/** An operation of so many entries, each of one byte. */
export function operation(firstEntry: number, entries: number, fill = 0): SourceRequest[] {
  return [
    { name: 'startAtomicOp', firstEntry: BigInt(firstEntry) },
    ...Array.from(
      { length: entries },
      (_, i) => ({ name: 'addStreamEntry', type: 2, data: Uint8Array.of(firstEntry + i + fill) }) as const,
    ),
    { name: 'commitAtomicOp' },
  ]
}

/** An answer in short: `committed 0-2`, `refused WRONG_FIRST_ENTRY at 3`. */
function textOf(answer: SourceAnswer): string {
  if (answer.name === 'committed') return `committed ${answer.firstEntry}-${answer.nextEntry}`
  if (answer.name === 'refused' || answer.name === 'closing') {
    return `${answer.name} ${sourceCodeName(answer.code)} at ${answer.totalEntries}`
  }
  if (answer.name === 'header' || answer.name === 'welcome') return `${answer.name} ${answer.header.totalEntries}`
  if (answer.name === 'entry') return `entry ${answer.entry?.number}`
  return answer.name === 'bookmark' ? `bookmark ${answer.number}` : answer.name
}

/** A listener of sources with a store of its own, and all that happened at it. */
export class TestSources implements AsyncDisposable {
  readonly store: StreamStore
  readonly server: SourceServer
  readonly events: SourceEvent[] = []
  readonly #dir: Disposable
  readonly #unlisten: () => void

  private constructor(store: StreamStore, server: SourceServer, dir: Disposable) {
    this.store = store
    this.server = server
    this.#dir = dir
    this.#unlisten = onSourceEvent(server, (event) => this.events.push(event))
  }

  static async start(
    options: Partial<SourceServerOptions> & { readonly storeOptions?: Partial<StoreOptions> } = {},
    listen: ListenOptions = {},
  ): Promise<TestSources> {
    const dir = tempDir()
    const { storeOptions, ...serverOptions } = options
    const file = dir.join('stream.bin')
    const store = await openStore({ file, index: new MemoryIndex(), fsync: 'never', ...storeOptions })
    const test = new TestSources(store, new SourceServer({ store, ...serverOptions }), dir)
    await test.server.listen({ port: 0, ...listen })
    return test
  }

  get port(): number {
    return this.server.address?.port ?? 0
  }

  connect(): Promise<RawSource> {
    return RawSource.connect(this.port)
  }

  /** The first byte of the data of every entry. */
  async bytes(): Promise<(number | undefined)[]> {
    const { totalEntries } = this.store.getHeader()
    const bytes: (number | undefined)[] = []
    for (let number = 0n; number < totalEntries; number++) bytes.push((await this.store.getEntry(number))?.data[0])
    return bytes
  }

  /** Why connections were closed so far. */
  get closed(): string[] {
    return this.events.flatMap((event) => (event.type === 'closed' ? [event.reason] : []))
  }

  /** Resolves when so many connections were closed in all. */
  async whenClosed(count: number): Promise<string[]> {
    await until(() => this.closed.length >= count)
    return this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close({ graceMs: 100 })
    this.#unlisten()
    await this.store.close().catch(() => {})
    this.#dir[Symbol.dispose]()
  }
}
