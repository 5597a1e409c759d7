import { setImmediate as turn } from 'node:timers/promises'
import { BOOKMARK_TYPE, type Entry, type Header } from '@datastreamer/format'
import { ManualClock } from '@datastreamer/runtime/testing'
import { describe, expect, test } from 'vitest'
import { checkpointOf, connect, type Rewound, StreamClient, type StreamEvent } from '../src/index.ts'
import { bookmarkAt, entriesOf, entryAt, plain } from './support/entries.ts'
import { FakeHistory, FakeHistoryError, type FakeHistoryOptions, type HistoryCall } from './support/fake-history.ts'
import { FakeServer } from './support/fake-server.ts'
import { collect, failure, near } from './support/options.ts'

const at = (number: number): string => checkpointOf(entryAt(BigInt(number)))

/** What happened, entries as their first and last number. */
function summary(event: StreamEvent | Rewound): string {
  switch (event.kind) {
    case 'entries':
      return `${event.entries[0]?.number}-${event.entries.at(-1)?.number}`
    case 'disconnected':
      return `${event.source} ${event.error.code}`
    case 'rewound':
      return `rewound ${event.nextEntry}`
    case 'history':
      return `history ${event.header.totalEntries}`
    case 'operationBoundary':
      return `${event.gap ? '?' : '|'}${event.nextEntry}`
    case 'progress':
      return `progress ${event.nextEntry}`
    default:
      return event.kind
  }
}

/** A server, and a client that has a history. */
class Stage implements AsyncDisposable {
  readonly server: FakeServer
  readonly history: FakeHistory
  readonly client: StreamClient

  private constructor(server: FakeServer, options: FakeHistoryOptions, clientOptions: object) {
    this.server = server
    this.history = new FakeHistory(options)
    this.client = new StreamClient(near(server.peer, { history: this.history, ...clientOptions }))
  }

  static async open(entries: number, options: FakeHistoryOptions, clientOptions: object = {}): Promise<Stage> {
    return new Stage(await FakeServer.listen({ entries }), options, clientOptions)
  }

  /** Times that the server was asked to stream. */
  get starts(): number {
    return this.server.commands.flat().filter((name) => name === 'start').length
  }

  async events(options: Parameters<StreamClient['events']>[0]): Promise<string[]> {
    return (await collect<StreamEvent | Rewound>(this.client.events(options ?? {}))).map(summary)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    await this.server[Symbol.asyncDispose]()
  }
}

/** Fail the first of some calls. */
function failFirst(...failing: readonly [HistoryCall, FakeHistoryError][]): Pick<FakeHistoryOptions, 'onCall'> {
  const left = [...failing]
  return {
    onCall: (call) => {
      const next = left[0]
      if (next?.[0] !== call) return
      left.shift()
      throw next[1]
    },
  }
}

const lost = new FakeHistoryError('UNREACHABLE')
const bad = new FakeHistoryError('BAD_SEGMENT')

describe('an iteration that begins in the history', () => {
  test('goes on from the server, once that has brought the last entry again', async () => {
    await using stage = await Stage.open(80, { entries: 45, batch: 20 })
    expect(await stage.events({ to: 79n })).toEqual(['history 45', '0-19', '20-39', '40-44', 'connected', '45-79'])
    expect(plain(await collect(stage.client.entries({ from: 3n, to: 60n })))).toEqual(entriesOf(3, 61))
  })

  test('reads the entry again that the caller holds', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    for (const after of [entryAt(7n), at(7)]) {
      expect(plain(await collect(stage.client.entries({ from: { after }, to: 50n })))).toEqual(entriesOf(8, 51))
    }
    expect(stage.history.calls.filter((call) => call.startsWith('read'))).toEqual(['read 7 to 44', 'read 7 to 44'])
  })

  test('begins at a bookmark that the server knows, and ends at one', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    const from = { bookmark: bookmarkAt(10n) }
    expect(plain(await collect(stage.client.entries({ from, to: 50n })))).toEqual(entriesOf(10, 51))
    const [first, last] = [bookmarkAt(15n), bookmarkAt(40n)]
    expect(plain(await collect(stage.client.getRange(first, last)))).toEqual(entriesOf(15, 41))
    expect(plain(await collect(stage.client.getRange(first, bookmarkAt(55n))))).toEqual(entriesOf(15, 56))
    expect(stage.history.calls.filter((call) => call.startsWith('read'))).toEqual([
      'read 10 to 44',
      'read 15 to 40',
      'read 15 to 44',
    ])
    const reversed = failure(collect(stage.client.getRange(last, first)))
    expect(await reversed).toMatchObject({ name: 'NotFoundError', code: 'TO_NOT_FOUND' })
    const unknown = failure(collect(stage.client.entries({ from: { bookmark: bookmarkAt(11n) } })))
    expect(await unknown).toMatchObject({ name: 'NotFoundError', code: 'FROM_NOT_FOUND' })
  })

  test('and ends in it needs no server', async () => {
    const server = await FakeServer.listen({ entries: 60 })
    const history = new FakeHistory({ entries: 45 })
    await using client = await connect(near(server.peer, { history }))
    await server[Symbol.asyncDispose]()
    expect(plain(await collect(client.entries({ from: 3n, to: 40n })))).toEqual(entriesOf(3, 41))
    expect(plain(await collect(client.entries({ to: 40n, follow: false })))).toEqual(entriesOf(0, 41))
    expect(history.calls.slice(-12)).toContain('end')
  })

  test('ends at the head of the server with `follow: false`', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    expect(plain(await collect(stage.client.entries({ follow: false })))).toEqual(entriesOf(0, 60))
    expect(stage.starts).toBe(1)
    stage.history.has = entriesOf(0, 60)
    expect(plain(await collect(stage.client.entries({ follow: false })))).toEqual(entriesOf(0, 60))
    expect(stage.starts).toBe(1)
    const beyond = failure(collect(stage.client.entries({ to: 60n, follow: false })))
    expect(await beyond).toMatchObject({ name: 'NotFoundError', code: 'TO_NOT_FOUND' })
  })

  test('of some types says how far there are no more', async () => {
    await using stage = await Stage.open(60, { entries: 45, batch: 8 })
    const events = await collect(stage.client.events({ types: [BOOKMARK_TYPE], from: 36n, to: 56n }))
    expect(events.map(summary)).toEqual([
      'history 45',
      '40-40',
      'progress 44',
      'progress 45',
      'connected',
      '45-55',
      'progress 57',
    ])
    expect(events[2]).toMatchObject({ checkpoint: at(43) })
  })

  test('has its operation boundaries', async () => {
    await using stage = await Stage.open(60, { entries: 45, batch: 20 })
    expect(await stage.events({ boundaries: true, to: 50n })).toEqual([
      'history 45',
      '0-19',
      '|20',
      '20-39',
      '|40',
      '40-44',
      '|45',
      'connected',
      '45-50',
    ])
    const operations = await collect(stage.client.operations({ from: 38n, follow: false }))
    expect(operations.map(summary as (event: object) => string)).toEqual(['38-44', '|45', '45-59', '|60'])
  })
})

describe('the history is not read', () => {
  test('by who begins after it, or at the head', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    expect(await stage.events({ from: 45n, to: 59n })).toEqual(['connected', '45-59'])
    expect(await stage.events({ from: { after: at(50) }, to: 59n })).toEqual(['connected', '51-59'])
    expect(await stage.events({ from: 'latest', follow: false })).toEqual(['connected'])
    // It was refreshed a moment ago.
    expect(stage.history.calls).toEqual(['header', 'refresh', 'header'])
  })

  test('by questions', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    expect(await stage.client.getEntry(7n)).toEqual(entryAt(7n))
    expect(await stage.client.getBookmark(bookmarkAt(10n))).toBe(10n)
    expect(await stage.client.findCommon([at(3)])).toBe(at(3))
    expect(stage.history.calls).toEqual([])
  })
})

describe('a history that grows', () => {
  test('is looked at before an iteration begins where it ended', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    stage.history.found = entriesOf(0, 55)
    expect(await stage.events({ from: 47n, to: 59n })).toEqual(['history 55', '47-54', 'connected', '55-59'])
  })

  test('is read on for as long as reading takes long and more was added', async () => {
    const clock = new ManualClock()
    const ends = [50, 70, 90, 91]
    const onCall = (call: HistoryCall, history: FakeHistory): void => {
      if (call === 'end') {
        // The third round is a short one.
        clock.advance(history.count('end') < 3 ? 6000 : 1000)
        history.found = entriesOf(0, ends.shift() ?? 0)
      }
    }
    await using stage = await Stage.open(100, { entries: 40, batch: 100, onCall }, { clock })
    expect(await stage.events({ to: 99n })).toEqual([
      'history 40',
      '0-39',
      'history 50',
      '40-49',
      'history 70',
      '50-69',
      'connected',
      '70-99',
    ])
    expect(stage.history.count('refresh')).toBe(2)
  })
})

describe('a history that fails', () => {
  test.each<[string, HistoryCall, string[]]>([
    ['before it says what it has', 'header', ['history UNREACHABLE', 'history 45', '0-19', '20-39', '40-44']],
    ['when it is read', 'read', ['history 45', 'history UNREACHABLE', 'history 45', '0-19', '20-39', '40-44']],
  ])('%s is asked again', async (_, call, events) => {
    await using stage = await Stage.open(60, { entries: 45, batch: 20, ...failFirst([call, lost]) })
    expect(await stage.events({ to: 50n })).toEqual([...events, 'connected', '45-50'])
  })

  test('while it is read goes on after the last entry, which it gives again', async () => {
    const onCall = (call: HistoryCall, { calls }: FakeHistory): void => {
      if (call === 'batch' && calls.filter((each) => each === 'batch').length % 3 === 0) throw lost
    }
    await using stage = await Stage.open(60, { entries: 45, batch: 10, onCall }, { historyMaxFailures: 2 })
    expect(plain(await collect(stage.client.entries({ to: 50n })))).toEqual(entriesOf(0, 51))
    expect(stage.history.calls.filter((each) => each.startsWith('read'))).toEqual([
      'read 0 to 44',
      'read 19 to 44',
      'read 38 to 44',
    ])
  })

  test('too often leaves it to the server', async () => {
    const onCall = (call: HistoryCall): void => {
      if (call === 'read') throw lost
    }
    await using stage = await Stage.open(60, { entries: 45, onCall }, { historyMaxFailures: 3 })
    const failures = Array.from({ length: 3 }, () => ['history 45', 'history UNREACHABLE']).flat()
    expect(await stage.events({ from: 40n, to: 50n })).toEqual([...failures, 'connected', '40-50'])
  })

  test('where it has nothing of what comes is not waited for', async () => {
    await using stage = await Stage.open(60, { entries: 45, ...failFirst(['refresh', lost]) })
    expect(await stage.events({ from: 50n, to: 51n })).toEqual(['history UNREACHABLE', 'connected', '50-51'])
    expect(stage.history.calls).toEqual(['header', 'refresh'])
  })

  test('for good ends the iteration', async () => {
    await using stage = await Stage.open(60, { entries: 45, ...failFirst(['end', bad]) })
    const seen: Entry[] = []
    const reading = async (): Promise<void> => {
      for await (const entry of stage.client.entries()) seen.push(entry)
    }
    expect(await failure(reading())).toBe(bad)
    expect(plain(seen)).toEqual(entriesOf(0, 45))
  })

  test('at its end is heard of also where the iteration ends in it', async () => {
    await using stage = await Stage.open(60, { entries: 45, ...failFirst(['end', bad]) })
    expect(await failure(collect(stage.client.entries({ to: 20n })))).toBe(bad)
  })

  test('by having less than it says is left to the server', async () => {
    await using stage = await Stage.open(60, { entries: 20, header: { totalEntries: 45n } })
    const events = await stage.events({ to: 30n })
    expect(events).toEqual(['history 45', 'history TO_NOT_FOUND', 'connected', '0-30'])
  })

  test('by an early end is asked again, then left to the server', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    const { batches } = stage.history
    stage.history.batches = (options = {}) =>
      batches.call(stage.history, { ...options, to: BigInt(options.to as bigint) < 30n ? options.to : 29n })
    expect(await stage.events({ to: 50n, from: 28n })).toEqual([
      'history 45',
      '28-29',
      ...Array.from({ length: 4 }, () => ['history GAP', 'history 45'])
        .flat()
        .slice(0, -1),
      'connected',
      '30-50',
    ])
  })

  test('by a gap is asked again, then left to the server', async () => {
    await using stage = await Stage.open(60, { entries: 45 })
    stage.history.has = entriesOf(0, 45).filter(({ number }) => number !== 7n)
    const events = await collect(stage.client.events({ to: 50n }))
    const gaps = events.filter((event) => event.kind === 'disconnected')
    expect(gaps.map(({ error }) => error.message)).toEqual(
      Array(4).fill('history fake history: entry 8 came, expected 7'),
    )
    const entries = events.flatMap((event) => (event.kind === 'entries' ? event.entries : []))
    expect(plain(entries)).toEqual(entriesOf(0, 51))
  })
})

describe('an iteration that waits for the history', () => {
  const hanging = (history: HistoryCall): Pick<FakeHistoryOptions, 'onCall'> => ({
    onCall: (call) => (call === history ? new Promise(() => undefined) : undefined),
  })

  test.each(['header', 'refresh', 'read', 'batch'] as const)('is ended by its signal (%s)', async (call) => {
    await using stage = await Stage.open(60, { entries: call === 'refresh' ? 0 : 45, ...hanging(call) })
    const stop = new AbortController()
    const reason = new Error('enough')
    const reading = failure(collect(stage.client.entries({ signal: stop.signal })))
    while (stage.history.count(call) === 0) await turn()
    stop.abort(reason)
    expect(await reading).toBe(reason)
  })

  test('is ended by leaving it', async () => {
    await using stage = await Stage.open(60, { entries: 45, ...hanging('batch') })
    const entries = stage.client.entries()
    const next = entries.next()
    while (stage.history.count('batch') === 0) await turn()
    await entries.return()
    expect(await next).toEqual({ done: true, value: undefined })
  })

  test('and by closing the client', async () => {
    await using stage = await Stage.open(60, { entries: 45, ...hanging('batch') })
    const reading = failure(collect(stage.client.entries()))
    while (stage.history.count('batch') === 0) await turn()
    await stage.client.close()
    expect(await reading).toMatchObject({ code: 'CLOSED' })
  })
})

test('whoever wants the headers of the server has them also while entries come from the history', async () => {
  const clock = new ManualClock()
  let seen: () => void = () => undefined
  const isSeen = new Promise<void>((resolve) => {
    seen = resolve
  })
  const onCall = (call: HistoryCall): Promise<void> | void => (call === 'batch' ? isSeen : undefined)
  await using stage = await Stage.open(60, { entries: 45, onCall }, { clock })
  const totals: bigint[] = []
  const headers = {
    intervalMs: 40,
    onHeader: ({ totalEntries }: Header) => {
      totals.push(totalEntries)
      seen()
    },
  }
  const reading = stage.events({ headers, to: 50n })
  await clock.waitingFor(40)
  clock.advance(40)
  expect((await reading).slice(-2)).toEqual(['connected', '45-50'])
  expect(totals[0]).toBe(60n)
})

test('a history without a server that was ever asked is compared with its header first', async () => {
  await using stage = await Stage.open(60, { entries: 45 })
  await collect(stage.client.entries({ to: 10n }))
  expect(stage.server.commands).toEqual([['header']])
})
