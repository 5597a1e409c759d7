import { setImmediate as turn } from 'node:timers/promises'
import type { Random } from '@datastreamer/fixtures/random'
import {
  type EntriesOptions,
  type Entry,
  HEADER_PAGE_BYTES,
  type Header,
  type OperationEvent,
  type OperationSource,
  TruncatedError,
} from '@datastreamer/format'
import type { IdentityFields } from '../../src/segment/header.ts'
import type { StreamPoint } from '../../src/segment/point.ts'
import { firstPoint, pointAfter } from './point-after.ts'

const IDENTITY = { generation: 3, version: 4, systemId: 7n, streamType: 9n } as const
type NewEntry = Pick<Entry, 'type' | 'data'>

/** Entries of a batch that a reader gets. */
const BATCH = 7

/** A stream in memory whose entries are added and truncated while it is read. */
export class ChangingStream implements OperationSource {
  readonly name = 'changing'
  readonly identity: IdentityFields
  readonly #random: Random
  #entries: Entry[] = []
  /** Lowest length since each reader last looked. */
  readonly #readers = new Set<{ lowest: number }>()
  /** Readers that wait at the head. */
  #waiting: (() => void)[] = []
  /** Numbers of entries that begin an operation; 0 may or may not. */
  readonly #starts = new Set<number>()
  #current: StreamPoint[] = []
  /** All points that the stream ever had. */
  readonly #known = new Set<string>()

  constructor(random: Random, identity: Partial<IdentityFields> = {}) {
    this.#random = random
    this.identity = { ...IDENTITY, ...identity }
    this.#notePoints(0)
  }

  get length(): number {
    return this.#entries.length
  }

  get all(): readonly Entry[] {
    return this.#entries
  }

  /** Whether all who read wait for more. */
  get isRead(): boolean {
    return this.#readers.size > 0 && this.#readers.size === this.#waiting.length
  }

  /** Whether the stream ever had entries that lead to this digest. */
  had(number: bigint, digest: Uint8Array): boolean {
    return this.#known.has(`${number} ${Buffer.from(digest).toString('hex')}`)
  }

  /** Append random entries, in operations of some. */
  append(count: number): void {
    const operations: NewEntry[][] = [[]]
    for (let i = 0; i < count; i++) {
      const data = Uint8Array.from({ length: this.#random(60) + 8 }, () => this.#random(256))
      if (this.#random(3) === 0) operations.push([])
      operations.at(-1)?.push({ type: 1 + this.#random(3), data })
    }
    this.add(operations)
  }

  add(operations: Iterable<readonly NewEntry[]>): void {
    const from = this.length
    for (const entries of operations) {
      this.#starts.add(this.length)
      for (const { type, data } of entries) this.#entries.push({ type, number: BigInt(this.length), data })
    }
    this.#notePoints(from)
    this.#notify()
  }

  truncate(length: number): void {
    this.#entries = this.#entries.slice(0, length)
    for (const start of this.#starts) if (start >= length) this.#starts.delete(start)
    this.#current = this.#current.slice(0, length + 1)
    for (const reader of this.#readers) reader.lowest = Math.min(reader.lowest, length)
    this.#notify()
  }

  getHeader(): Header {
    const totalLength = this.#current.at(-1)?.position ?? HEADER_PAGE_BYTES
    return { ...this.identity, totalLength, totalEntries: BigInt(this.length) }
  }

  async *operations({ from = 0n, to, follow = true, signal }: EntriesOptions = {}): AsyncGenerator<OperationEvent> {
    if (typeof from !== 'bigint' || !(to === undefined || typeof to === 'bigint')) throw new Error('not needed')
    let next = Number(from)
    const head = this.length
    const stop = Math.min(to === undefined ? Number.POSITIVE_INFINITY : Number(to) + 1, follow ? Infinity : head)
    const reader = { lowest: Number.POSITIVE_INFINITY }
    this.#readers.add(reader)
    try {
      while (next < stop) {
        await turn()
        ;(signal as AbortSignal | undefined)?.throwIfAborted()
        if (reader.lowest < next) throw new TruncatedError('TRUNCATED', BigInt(next) - 1n, BigInt(this.length))
        reader.lowest = Number.POSITIVE_INFINITY
        const entries = this.#entries.slice(next, Math.min(next + BATCH, stop))
        next += entries.length
        for (const entry of entries) {
          if (this.#starts.has(Number(entry.number)))
            yield { kind: 'operationBoundary', nextEntry: entry.number, gap: false }
          yield { kind: 'entries', entries: [entry] }
        }
        if (entries.length > 0) continue
        if (follow) await this.#changed(signal as AbortSignal | undefined)
        else throw new TruncatedError('TRUNCATED', BigInt(next) - 1n, BigInt(this.length))
      }
    } finally {
      this.#readers.delete(reader)
    }
  }

  entries(): never {
    throw new Error('not needed')
  }

  async *batches(options: EntriesOptions = {}): AsyncGenerator<readonly Entry[]> {
    for await (const event of this.operations(options)) if (event.kind === 'entries') yield event.entries
  }

  #changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #notify(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** Note the points that the stream has from an entry on. */
  #notePoints(from: number): void {
    let point = this.#current[from] ?? firstPoint(this.identity)
    this.#current = this.#current.slice(0, from)
    for (const entry of [...this.#entries.slice(from), undefined]) {
      this.#current.push(point)
      this.#known.add(`${point.number} ${Buffer.from(point.digest).toString('hex')}`)
      if (entry !== undefined) point = pointAfter(point, entry)
    }
  }
}
