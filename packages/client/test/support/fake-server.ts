import { constants, zstdCompressSync } from 'node:zlib'
import {
  type Command,
  type Entry,
  type ExtensionName,
  encodeCompressed,
  encodeEntry,
  encodeOperationBoundary,
  type Header,
  NOT_FOUND_ENTRY,
} from '@datastreamer/format'
import { encodeAll, entriesOf, headerOf } from './entries.ts'
import { OK, Peer, type PeerConnection } from './peer.ts'

export interface FakeOptions {
  /** Entries of the stream at first. */
  readonly entries?: number
  /** Fields of its header. */
  readonly header?: Partial<Header>
  /** Which commands it does not know, besides filters. */
  readonly unknown?: readonly Command['name'][]
  /** What it does after a command that it does not know. */
  readonly afterUnknown?: 'keep' | 'close'
  /** Bytes of streamed entries after which connection `index` is dropped. */
  readonly dropAfter?: (index: number) => number | undefined
  /** Most bytes that are written at once. */
  readonly pieceBytes?: number
  /**
   * Whether connection `index` never gets anything that was not committed when it started: the original Go server answers
   * OK and has lost the reader if an operation is open then, or if all pages are exactly full.
   */
  readonly deaf?: (index: number) => boolean
}

/** A whole server of a stream in memory, with faults to order. */
export class FakeServer implements AsyncDisposable {
  readonly options: FakeOptions
  readonly commands: Command['name'][][] = []
  entries: Entry[]
  /** What look-ups by number are answered with, if not with the entries. */
  lookedUp: Entry[] | undefined
  #peer: Peer | undefined
  #live = new Set<() => void>()
  #listening: (() => void)[] = []

  private constructor(options: FakeOptions) {
    this.options = options
    this.entries = entriesOf(0, options.entries ?? 0)
  }

  static async listen(options: FakeOptions = {}): Promise<FakeServer> {
    const fake = new FakeServer(options)
    fake.#peer = await Peer.listen((connection, index) => fake.#serve(connection, index))
    return fake
  }

  get peer(): Peer {
    if (this.#peer === undefined) throw new Error('not listening')
    return this.#peer
  }

  /** Commit more entries as one operation. */
  append(count: number): void {
    const from = this.entries.length
    this.entries.push(...entriesOf(from, from + count))
    for (const wake of this.#live) wake()
  }

  /** Resolves once `count` commands of a name came, on whichever connections. */
  async received(name: Command['name'], count = 1): Promise<void> {
    while (this.commands.flat().filter((other) => other === name).length < count) {
      await new Promise<void>((resolve) => this.#listening.push(resolve))
    }
  }

  async #serve(connection: PeerConnection, index: number): Promise<void> {
    const names: Command['name'][] = []
    this.commands[index] = names
    const extensions = new Set<ExtensionName>()
    for (;;) {
      const command = await connection.command()
      if (command === undefined) return
      names.push(command.name)
      for (const wake of this.#listening.splice(0)) wake()
      if (command.name === 'filters' || this.options.unknown?.includes(command.name)) {
        connection.result(9)
        if (this.options.afterUnknown === 'close') return connection.end()
      } else if (command.name === 'operationBoundaries' || command.name === 'compression') {
        extensions.add(command.name)
        connection.send(OK)
      } else if (command.name === 'stop') connection.send(OK)
      else if (command.name === 'header') connection.send(OK, headerOf(this.entries.length, this.options.header))
      else if (command.name === 'entry') {
        this.#respond(connection, (this.lookedUp ?? this.entries)[Number(command.entryNumber)])
      } else if (command.name === 'bookmark') {
        const at = this.#find(command.bookmark)
        this.#respond(connection, at < 0 ? undefined : this.entries.slice(at).find(({ type }) => type !== 0xb0))
      } else await this.#stream(connection, index, command, extensions)
    }
  }

  #find(bookmark: Uint8Array): number {
    return this.entries.findIndex(({ type, data }) => type === 0xb0 && Buffer.compare(data, bookmark) === 0)
  }

  #respond(connection: PeerConnection, entry: Entry = NOT_FOUND_ENTRY): void {
    connection.send(OK, encodeEntry(entry, 0xfe))
  }

  async #stream(
    connection: PeerConnection,
    index: number,
    command: Command,
    extensions: ReadonlySet<ExtensionName>,
  ): Promise<void> {
    const boundaries = extensions.has('operationBoundaries')
    let next = 0
    let end = Number.POSITIVE_INFINITY
    if (command.name === 'start') {
      next = Number(command.fromEntryNumber)
      if (next > this.entries.length) return connection.result(3)
    } else if (command.name === 'startBookmark') {
      next = this.#find(command.bookmark)
      if (next < 0) return connection.result(4)
    } else if (command.name === 'rangeBookmark') {
      next = this.#find(command.from)
      if (next < 0) return connection.result(4)
      end = this.#find(command.to)
      if (end < next) return connection.result(5)
    }
    connection.send(OK)
    if (Number.isFinite(end)) connection.send(new Uint8Array(new BigUint64Array([BigInt(end)]).buffer).reverse())
    const known = this.options.deaf?.(index) ? this.entries.length : Number.POSITIVE_INFINITY
    let left = this.options.dropAfter?.(index)
    let gone = false
    void connection.closed.then(() => {
      gone = true
    })
    while (!gone && next <= end) {
      if (next >= known) return
      if (next < this.entries.length) {
        const run = this.entries.slice(next, Math.min(next + 100, end + 1, known))
        let bytes = encodeAll(run)
        if (boundaries) {
          const boundary = encodeOperationBoundary({ nextEntry: BigInt(next + run.length), gap: false })
          bytes = Buffer.concat([bytes, boundary])
        }
        if (extensions.has('compression')) bytes = compressed(bytes)
        if (left !== undefined) {
          bytes = bytes.subarray(0, left)
          left -= bytes.length
        }
        await connection.drip(bytes, this.options.pieceBytes ?? 65_536)
        if (left === 0) return connection.end()
        next += run.length
      } else {
        await Promise.race([new Promise<void>((resolve) => this.#live.add(resolve)), connection.closed])
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer[Symbol.asyncDispose]()
  }
}

/** Whole packets as one compressed packet. */
export function compressed(packets: Uint8Array): Uint8Array {
  return encodeCompressed({ size: packets.length, frame: zstdFrame(packets) })
}

/** A frame with a checksum. */
export function zstdFrame(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
}
