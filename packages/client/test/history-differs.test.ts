import type { Entry } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { checkpointOf, type Rewound, StreamClient, type StreamEvent } from '../src/index.ts'
import { entriesOf, entryAt, plain } from './support/entries.ts'
import { FakeHistory, type FakeHistoryOptions } from './support/fake-history.ts'
import { FakeServer } from './support/fake-server.ts'
import { collect, failure, near } from './support/options.ts'

const at = (number: number, fill = 0): string => checkpointOf(entryAt(BigInt(number), fill))

/** A server, a history of it, and a client of both. */
class Stage implements AsyncDisposable {
  readonly server: FakeServer
  readonly history: FakeHistory
  readonly client: StreamClient
  readonly seen: Entry[] = []

  private constructor(server: FakeServer, options: FakeHistoryOptions) {
    this.server = server
    this.history = new FakeHistory(options)
    this.client = new StreamClient(near(server.peer, { history: this.history }))
  }

  static async open(entries: number, options: FakeHistoryOptions): Promise<Stage> {
    return new Stage(await FakeServer.listen({ entries }), options)
  }

  /** What an iteration fails with; {@link seen} are the entries before. */
  failing(options: Parameters<StreamClient['entries']>[0] = {}): Promise<unknown> {
    const read = async (): Promise<void> => {
      for await (const entry of this.client.entries(options)) this.seen.push(entry)
    }
    return failure(read())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    await this.server[Symbol.asyncDispose]()
  }
}

/** What a consumer has who removes what a rewind names. */
class Copy {
  entries: Entry[] = []
  readonly kinds: string[] = []

  constructor(entries: readonly Entry[] = []) {
    this.entries = [...entries]
  }

  async of(events: AsyncIterable<StreamEvent | Rewound>): Promise<this> {
    for await (const event of events) {
      this.kinds.push(event.kind === 'disconnected' ? `${event.source} ${event.error.code}` : event.kind)
      if (event.kind === 'rewound') this.entries.length = Number(event.nextEntry)
      else if (event.kind === 'entries') this.entries.push(...plain(event.entries))
    }
    return this
  }
}

test('a history of another stream is refused before anything of it is delivered', async () => {
  const headers = [
    [{ systemId: 1n }, 'systemId 1, expected 779'],
    [{ version: 7 }, 'version 7, expected 2'],
    [{ streamType: 3n }, 'streamType 3, expected 1'],
  ] as const
  for (const [header, what] of headers) {
    await using stage = await Stage.open(60, { entries: 45, header })
    expect(await stage.failing()).toMatchObject({
      name: 'HistoryDiffersError',
      code: 'OTHER_STREAM',
      history: 'fake history',
      server: stage.client.name,
      message: `history fake history and server ${stage.client.name} differ: the history's stream has ${what}`,
    })
    expect(stage.seen).toEqual([])
    // Nor is the server's stream taken for another one because of it.
    expect(await stage.client.getHeader()).toMatchObject({ systemId: 779n })
    const rewinding = failure(collect(stage.client.events({ from: { after: [] } })))
    expect(await rewinding).toMatchObject({ code: 'OTHER_STREAM' })
  }
})

test('another generation of the same stream is no difference: the protocol does not tell them apart', async () => {
  await using stage = await Stage.open(60, { entries: 45, header: { generation: 2 } })
  expect(plain(await collect(stage.client.entries({ to: 50n })))).toEqual(entriesOf(0, 51))
})

describe('without a list of checkpoints', () => {
  test('another last entry is an error that says which', async () => {
    await using stage = await Stage.open(60, { entries: 0 })
    stage.history.has = entriesOf(0, 45, 7)
    expect(await stage.failing()).toMatchObject({
      name: 'HistoryDiffersError',
      code: 'ENTRY_DIFFERS',
      entryNumber: 44n,
      historyCheckpoint: at(44, 7),
      serverCheckpoint: at(44),
      message: expect.stringContaining(`entry 44 is ${at(44, 7)} in the history, ${at(44)} on the server`),
    })
    expect(plain(stage.seen)).toEqual(entriesOf(0, 45, 7))
  })

  test('a shorter server is an error that says by how much', async () => {
    await using stage = await Stage.open(30, { entries: 45 })
    const differs = { name: 'HistoryDiffersError', code: 'SERVER_SHORTER' }
    expect(await stage.failing()).toMatchObject({
      ...differs,
      entryNumber: 44n,
      historyCheckpoint: at(44),
      serverCheckpoint: undefined,
      message: expect.stringContaining("the history has entry 44, the server's stream has 30 entries"),
    })
    // Where the server's head counts, before anything is read.
    stage.seen.length = 0
    expect(await stage.failing({ follow: false })).toMatchObject(differs)
    expect(stage.seen).toEqual([])
  })

  test('the last entry is compared also where all comes from the history, up to the head', async () => {
    await using stage = await Stage.open(45, { entries: 45 })
    stage.server.entries = entriesOf(0, 45, 7)
    expect(await stage.failing({ follow: false })).toMatchObject({
      name: 'HistoryDiffersError',
      code: 'ENTRY_DIFFERS',
      entryNumber: 44n,
      historyCheckpoint: at(44),
      serverCheckpoint: at(44, 7),
    })
  })

  test('a caller who holds what the server has hears of a history that has something else', async () => {
    await using stage = await Stage.open(60, { entries: 0 })
    stage.history.has = entriesOf(0, 45, 7)
    expect(await stage.failing({ from: { after: at(12) } })).toMatchObject({
      name: 'HistoryDiffersError',
      code: 'ENTRY_DIFFERS',
      entryNumber: 12n,
      historyCheckpoint: at(12, 7),
      serverCheckpoint: at(12),
    })
    expect(stage.seen).toEqual([])
  })

  test('a caller who holds what neither has hears of a rewritten stream', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    expect(await stage.failing({ from: { after: at(12, 7) } })).toMatchObject({
      name: 'TruncatedError',
      code: 'REWRITTEN',
      lastDelivered: 12n,
      totalEntries: 60n,
    })
  })

  test('a bookmark that is another entry in the history is an error', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    stage.history.has = entriesOf(0, 45).map((entry) => (entry.number === 10n ? { ...entry, type: 9 } : entry))
    const { data: bookmark } = entryAt(10n)
    expect(await stage.failing({ from: { bookmark } })).toMatchObject({
      code: 'ENTRY_DIFFERS',
      entryNumber: 10n,
      serverCheckpoint: at(10),
    })
    expect(stage.seen).toEqual([])
  })

  test('a difference before the last entry is not seen: that its entries are right is for the history to know', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    stage.history.has = entriesOf(0, 45).map((entry) => (entry.number === 11n ? { ...entry, type: 9 } : entry))
    const entries = plain(await collect(stage.client.entries({ to: 50n })))
    expect(entries[11]).toMatchObject({ type: 9 })
    expect(entries.filter((_, number) => number !== 11)).toEqual(
      entriesOf(0, 51).filter(({ number }) => number !== 11n),
    )
  })
})

describe('with a list of checkpoints', () => {
  test('an iteration goes back to what the server has, and reads from it alone', async () => {
    await using stage = await Stage.open(60, { entries: 45, batch: 8 })
    stage.server.entries = [...entriesOf(0, 30), ...entriesOf(30, 60, 7)]
    const copy = await new Copy().of(stage.client.events({ from: { after: [] }, to: 59n }))
    expect(copy.entries).toEqual(stage.server.entries)
    expect(copy.kinds.filter((kind) => kind !== 'entries')).toEqual([
      'history',
      'history ENTRY_DIFFERS',
      'rewound',
      'connected',
    ])
    expect(stage.history.count('read')).toBe(1)
  })

  test('also where the server is shorter', async () => {
    await using stage = await Stage.open(30, { entries: 45, batch: 4 })
    const atHead = await new Copy().of(stage.client.events({ from: { after: [] }, follow: false }))
    expect(atHead.entries).toEqual(entriesOf(0, 30))
    expect(atHead.kinds).toEqual(['history SERVER_SHORTER', 'connected', 'entries'])
    const live = new Copy()
    const events = stage.client.events({ from: { after: [] } })
    const reading = live.of(events)
    while (!live.kinds.includes('connected')) await new Promise(setImmediate)
    await events.return()
    await reading
    expect(live.entries).toEqual(entriesOf(0, 30))
    expect(live.kinds.filter((kind) => kind !== 'entries')).toEqual([
      'history',
      'history SERVER_SHORTER',
      'rewound',
      'connected',
    ])
  })

  test('also where all came from the history, up to the head', async () => {
    await using stage = await Stage.open(45, { entries: 45, batch: 4 })
    stage.server.entries = [...entriesOf(0, 41), ...entriesOf(41, 45, 7)]
    const copy = await new Copy().of(stage.client.events({ from: { after: [] }, follow: false }))
    expect(copy.entries).toEqual(stage.server.entries)
    expect(copy.kinds.filter((kind) => kind !== 'entries')).toEqual([
      'history',
      'history ENTRY_DIFFERS',
      'rewound',
      'connected',
    ])
  })

  test('a history that has something else than the newest of them is left, without a rewind if the server has it', async () => {
    await using stage = await Stage.open(60, { entries: 0 })
    stage.history.has = entriesOf(0, 45, 7)
    const copy = await new Copy(entriesOf(0, 13)).of(stage.client.events({ from: { after: [at(12)] }, to: 59n }))
    expect(copy.entries).toEqual(entriesOf(0, 60))
    expect(copy.kinds).toEqual(['history ENTRY_DIFFERS', 'connected', 'entries'])
  })

  test('a checkpoint that neither has is rewound', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    const after = [at(12), at(21, 7)]
    const copy = await new Copy(entriesOf(0, 22)).of(stage.client.events({ from: { after }, to: 59n }))
    expect(copy.entries).toEqual(entriesOf(0, 60))
    expect(copy.kinds).toEqual(['rewound', 'connected', 'entries'])
  })
})
