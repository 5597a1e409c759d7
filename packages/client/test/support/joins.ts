import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { BOOKMARK_TYPE, type Command, type Entry, encodeCommand, PacketReader, sameEntry } from '@datastreamer/format'
import { until } from '@datastreamer/runtime/testing'
import { StreamServer } from '@datastreamer/server'
import { openStore, type StreamStore } from '@datastreamer/store'
import { StreamClient } from '../../src/index.ts'
import { bookmarkAt, entryAt } from './entries.ts'
import { near } from './options.ts'

export interface JoinOptions {
  readonly file: string
  /** Threads that the server has for clients. */
  readonly readerThreads: number
  /** Readers that join, one after the other. */
  readonly joins: number
  /** Readers at a time. */
  readonly atOnce: number
  /** Operations of 1 to 7 entries that are committed every second. */
  readonly operationsPerSecond: number
}

/** What was done and seen. */
export interface JoinReport {
  readonly operations: number
  readonly operationsPerSecond: number
  /** Entries that readers received, each one checked. */
  readonly entries: number
  /** Headers that were asked for while all this went on, each one checked. */
  readonly headers: number
}

/** Operations that are committed in one turn, at most, where turns are too slow for one in each. */
const A_TURN = 8
/** Entries that a reader stays for. */
const STAY = 250
/** Headers that are asked for at least, however fast the joins go. */
const LEAST_HEADERS = 101

/**
 * Commit operations at a steady rate while readers join everywhere, and check that each of them gets consecutive entries
 * with the right content from the right one on, and that every header stands at an operation boundary.
 */
export async function joinAll(options: JoinOptions): Promise<JoinReport> {
  const { file, readerThreads, joins, atOnce, operationsPerSecond } = options
  await using store = await openStore({
    file,
    systemId: 779n,
    version: 2,
    streamType: 1n,
    fsync: 'never',
    tailPages: 2,
  })
  await using server = new StreamServer({ store, readerThreads })
  await server.listen({ port: 0 })
  const { address } = server
  if (address === undefined) throw new Error('not listening')
  await using client = new StreamClient(near(address))
  const writer = new Writer(store)
  const began = performance.now()
  const over = new AbortController()
  const writing = writer.run(operationsPerSecond, over.signal)
  let headers = 0
  const sampling = sampleHeaders(client, writer, over.signal, () => headers++)
  let next = 0
  let entries = 0
  const join = async (): Promise<void> => {
    while (next < joins) {
      const came = await joinOnce({ client, writer, port: address.port }, next++)
      entries += came
    }
  }
  try {
    await Promise.all([
      ...Array.from({ length: atOnce }, join),
      Promise.race([until(() => over.signal.aborted || headers >= LEAST_HEADERS), sampling]),
    ])
  } finally {
    over.abort()
    await Promise.allSettled([writing, sampling])
  }
  await Promise.all([writing, sampling])
  const operations = writer.ends.size - 1
  const seconds = (performance.now() - began) / 1000
  return { operations, operationsPerSecond: operations / seconds, entries, headers }
}

/** Commits operations of all sizes, as `entryAt` makes them up. */
class Writer {
  /** Every number at which an operation ends. */
  readonly ends = new Set([0])
  readonly #store: StreamStore
  #next = 0

  constructor(store: StreamStore) {
    this.#store = store
  }

  /** Entries that are committed. */
  get committed(): number {
    return Number(this.#store.getHeader().totalEntries)
  }

  async run(perSecond: number, signal: AbortSignal): Promise<void> {
    const began = performance.now()
    let last: Promise<unknown> | undefined
    while (!signal.aborted) {
      const due = ((performance.now() - began) / 1000) * perSecond
      // Few operations in a turn: most of them are commit points that readers see.
      for (let i = 0; i < A_TURN && this.ends.size <= due; i++) last = this.#commit()
      await (this.ends.size <= due ? turn() : sleep(1))
    }
    await last
  }

  #commit(): Promise<unknown> {
    const size = 1 + ((this.ends.size * 31) % 7)
    this.#store.startAtomicOp()
    for (let i = 0; i < size; i++) {
      const { type, data } = entryAt(BigInt(this.#next++))
      if (type === BOOKMARK_TYPE) this.#store.addStreamBookmark(data)
      else this.#store.addStreamEntry(type, data)
    }
    this.ends.add(this.#next)
    return this.#store.commitAtomicOp()
  }
}

interface Stage {
  readonly client: StreamClient
  readonly writer: Writer
  readonly port: number
}

/** Join in one of the ways that there are; returns the number of entries that came. */
async function joinOnce(stage: Stage, n: number): Promise<number> {
  const { client, writer } = stage
  while (writer.committed < 2 * STAY) await sleep(1)
  const head = writer.committed
  switch (n % 20) {
    case 0:
      return read(client.batches({ from: 0n }), 0, head + STAY)
    case 1:
    case 2:
    case 3: {
      const bookmark = head - (head % 5) - 5 * (1 + (n % 7))
      return read(client.batches({ from: { bookmark: bookmarkAt(BigInt(bookmark)) } }), bookmark, STAY)
    }
    case 4:
    case 5:
    case 6:
      return stopAndStart(stage)
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
      return readFromHead(stage)
    default: {
      const from = Math.max(0, head - ((n * 13) % STAY))
      return read(client.batches({ from: BigInt(from) }), from, STAY)
    }
  }
}

async function read(batches: AsyncIterable<readonly Entry[]>, from: number, count: number): Promise<number> {
  const check = new Check(from)
  for await (const batch of batches) {
    check.all(batch)
    if (check.next >= from + count) break
  }
  return check.next - from
}

/** From the end of the log, which is an operation boundary. */
async function readFromHead({ client, writer }: Stage): Promise<number> {
  const atLeast = writer.committed
  let check: Check | undefined
  let from = 0
  for await (const batch of client.batches({ from: 'latest' })) {
    if (check === undefined) {
      from = Number(batch[0]?.number)
      if (from < atLeast || !writer.ends.has(from)) {
        throw new Error(`joined at entry ${from} at the head, which was ${atLeast} or more`)
      }
      check = new Check(from)
    }
    check.all(batch)
    if (check.next >= from + STAY) return check.next - from
  }
  throw new Error('the stream ended')
}

/** Several streams on one connection, each from where the one before was stopped. */
async function stopAndStart({ writer, port }: Stage): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const packets = new PacketReader()
  const send = (command: Command): void => void socket.write(encodeCommand(command, 1n))
  const from = writer.committed - 20
  const check = new Check(from)
  try {
    for (let round = 0; round < 5; round++) {
      send({ name: 'start', fromEntryNumber: BigInt(check.next) })
      let results = 0
      const until = check.next + STAY / 5
      while (results < 2) {
        const packet = packets.read()
        if (packet === undefined) {
          const [chunk] = (await once(socket, 'data')) as [Uint8Array]
          packets.push(chunk)
        } else if (packet.packet === 'entry') {
          check.one(packet.entry)
          if (check.next === until) send({ name: 'stop' })
        } else if (packet.packet === 'result' && packet.result.code === 0) {
          results++
        } else {
          throw new Error(`${JSON.stringify(packet)} in a stream`)
        }
      }
    }
  } finally {
    socket.destroy()
  }
  return check.next - from
}

/** Checks that entries follow each other and are what was added. */
class Check {
  next: number

  constructor(from: number) {
    this.next = from
  }

  all(entries: readonly Entry[]): void {
    for (const entry of entries) this.one(entry)
  }

  one(entry: Entry): void {
    if (entry.number !== BigInt(this.next)) throw new Error(`entry ${entry.number} came, expected ${this.next}`)
    if (!sameEntry(entry, entryAt(entry.number))) throw new Error(`entry ${entry.number} is not what was added`)
    this.next++
  }
}

/** Ask for the header all the time. */
async function sampleHeaders(
  client: StreamClient,
  writer: Writer,
  signal: AbortSignal,
  onHeader: () => void,
): Promise<void> {
  let before = 0
  while (!signal.aborted) {
    const total = Number((await client.getHeader()).totalEntries)
    if (!writer.ends.has(total)) throw new Error(`a header shows ${total} entries, where no operation ends`)
    if (total < before) throw new Error(`a header shows ${total} entries, after ${before}`)
    before = total
    onHeader()
    await turn()
  }
}
