import { createHash } from 'node:crypto'
import { type Entry, encodeEntry, type Packet, PacketReader, sameEntry } from '@datastreamer/format'
import { until } from '@datastreamer/runtime/testing'
import type { RawClient } from './tcp-client.ts'

/** What a server answers a reader that asked for some types, checked packet by packet: docs/spec/protocol.md §11. */
export class FilteredReader {
  /** The entries that came. */
  readonly entries: Entry[] = []
  /** The operation boundaries that came. */
  readonly boundaries: bigint[] = []
  readonly results: number[] = []
  /** Numbers of the progresses that came. */
  readonly progresses: number[] = []
  /** Most entries, of whatever type, that two packets were apart. */
  farthest = 0
  /** How far it has come; `undefined` before a stream has begun. */
  position: number | undefined
  rangeEnd: bigint | undefined
  /** What broke the protocol. */
  readonly faults: string[] = []
  readonly client: RawClient
  readonly #types: ReadonlySet<number>
  readonly #history: () => readonly Entry[]
  readonly #packets = new PacketReader()
  #awaitsRangeEnd: boolean
  #isClosed = false

  /** @param history of the stream at this moment @param ranged whether a number follows the third result */
  constructor(client: RawClient, types: readonly number[], history: () => readonly Entry[], ranged = false) {
    this.client = client
    this.#types = new Set(types)
    this.#history = history
    this.#awaitsRangeEnd = ranged
    client.socket.on('data', (chunk: Uint8Array) => {
      this.#packets.push(chunk.slice())
      this.#readAll()
    })
    void client.closed.then(() => {
      this.#isClosed = true
    })
    client.send({ name: 'filters' })
    client.send({ name: 'entryTypes', types })
  }

  /** Resolves when it has come so far. @throws the first fault, or if the server closes before */
  async reach(position: number): Promise<void> {
    const isThere = (): boolean => (this.position ?? -1) >= position
    await until(() => this.#isClosed || this.faults.length > 0 || isThere())
    if (this.faults.length > 0) throw new Error(this.faults[0])
    if (!isThere()) throw new Error(`closed at ${this.position}`)
  }

  #readAll(): void {
    for (;;) {
      if (this.#awaitsRangeEnd && this.results.length === 3) {
        this.rangeEnd = this.#packets.readRangeEnd()
        if (this.rangeEnd === undefined) return
        this.#awaitsRangeEnd = false
      }
      const packet = this.#packets.read()
      if (packet === undefined) return
      const fault = this.#take(packet)
      if (fault !== undefined) this.faults.push(fault)
    }
  }

  #take(packet: Packet): string | undefined {
    if (packet.packet === 'result') {
      this.results.push(packet.result.code)
      return undefined
    }
    const { position } = this
    if (packet.packet === 'progress') {
      const { nextEntry, digest } = packet.progress
      if (position !== undefined && nextEntry <= position) return `progress ${nextEntry} at ${position}`
      this.progresses.push(Number(nextEntry))
      const before = this.#history()[Number(nextEntry) - 1]
      const expected = before && createHash('sha256').update(encodeEntry(before)).digest()
      if (Buffer.compare(digest, expected ?? new Uint8Array(32)) !== 0) return `another digest before ${nextEntry}`
      return this.#passTo(Number(nextEntry))
    }
    if (position === undefined) return `${packet.packet} before the first progress`
    if (packet.packet === 'operationBoundary') {
      const { nextEntry } = packet.operationBoundary
      this.boundaries.push(nextEntry)
      return Number(nextEntry) === position ? undefined : `boundary ${nextEntry} at ${position}`
    }
    if (packet.packet !== 'entry') return `a ${packet.packet}`
    const { entry } = packet
    const real = this.#history()[Number(entry.number)]
    if (!this.#types.has(entry.type)) return `entry ${entry.number} of type ${entry.type}`
    if (Number(entry.number) < position) return `entry ${entry.number} at ${position}`
    if (real === undefined || !sameEntry(entry, real)) return `entry ${entry.number} is another`
    this.entries.push(entry)
    return this.#passTo(Number(entry.number) + 1, 1)
  }

  /** @param count entries among those passed that came */
  #passTo(position: number, count = 0): string | undefined {
    const from = this.position ?? position
    this.position = position
    this.farthest = Math.max(this.farthest, position - from)
    const passed = this.#history().slice(from, position)
    const missing = passed.filter(({ type }) => this.#types.has(type)).length - count
    return missing === 0 ? undefined : `${missing} entries are missing between ${from} and ${position}`
  }
}
