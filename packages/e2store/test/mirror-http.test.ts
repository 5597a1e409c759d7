import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { executionArchiveNameOf, writeEra1 } from '../src/execution.ts'
import { fromBytes, openEra1, toBytes } from '../src/index.ts'
import { httpLocation, type Location } from '../src/location.ts'
import { type MirrorOptions, type MirrorReport, type PlanOptions, planMirror, runMirror } from '../src/mirror.ts'
import { eraFiles, flipped, type HistoryFiles, writeFolder } from './support/history-folder.ts'
import { madeChain } from './support/made-blocks.ts'
import { type Manner, MirrorServer } from './support/mirror-server.ts'

const files = await eraFiles(4)
const names = [...files.keys()]
const once: { readonly manner: Manner; readonly times: number } = { manner: 'broken', times: 1 }
const [, second = '', third = ''] = names

/** Mirror servers into a folder, without waiting between tries. */
async function mirror(
  urls: readonly string[],
  folder: string,
  options: MirrorOptions & PlanOptions = {},
): Promise<MirrorReport> {
  const locations = urls.map((url) => httpLocation(url, { retries: 1 }))
  const plan = await planMirror(locations, folder, options)
  return runMirror(plan, locations, folder, { backoffMs: () => 0, ...options })
}

/** All that a folder has besides what is kept about it. */
function folderOf(path: string): ReadonlyMap<string, string> {
  const found = readdirSync(path).filter((name) => !name.startsWith('.'))
  return new Map(found.sort(byText).map((name) => [name, readFileSync(`${path}/${name}`).toString('base64')]))
}

function contents(map: HistoryFiles): ReadonlyMap<string, string> {
  return new Map([...map].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]))
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1
}

describe('a mirror of one server', () => {
  test('is complete, and the second time asks for no file', async () => {
    using dir = tempDir()
    await using server = await MirrorServer.start(files)
    expect((await mirror([server.url], dir.path)).complete).toBe(true)
    expect(folderOf(dir.path)).toEqual(contents(files))
    expect(server.asked.toSorted(byText)).toEqual(names)
    expect((await mirror([server.url], dir.path)).complete).toBe(true)
    expect(server.asked).toHaveLength(names.length)
  })

  test.each<[Manner, number, number]>([
    ['broken', 3, 4],
    ['long', 1, 2],
    ['flaky', 2, 3],
    ['no-ranges', 2, 1],
    ['other', 1, 1],
  ])('is complete where it is %s %i times', async (manner, times, requests) => {
    using dir = tempDir()
    await using server = await MirrorServer.start(files, { manners: new Map([[second, { manner, times }]]) })
    expect((await mirror([server.url], dir.path)).complete).toBe(true)
    expect(folderOf(dir.path)).toEqual(contents(files))
    expect(server.asked.filter((name) => name === second)).toHaveLength(requests)
  })

  test('continues after what it had when the connection ended', async () => {
    using dir = tempDir()
    await using server = await MirrorServer.start(files, {
      writtenTo: dir.path,
      manners: new Map([[second, { ...once, times: 5 }]]),
    })
    await mirror([server.url], dir.path)
    expect(server.sent).toBe([...files.values()].reduce((sum, { length }) => sum + length, 0))
  })

  test('is complete where it stalls once', async () => {
    using dir = tempDir()
    await using server = await MirrorServer.start(files, {
      manners: new Map([[second, { manner: 'stall', times: 1 }]]),
    })
    expect((await mirror([server.url], dir.path, { stallMs: 1000 })).complete).toBe(true)
    expect(folderOf(dir.path)).toEqual(contents(files))
  })

  test.each<[Manner, string]>([
    ['absent', 'NOT_FOUND'],
    ['page', 'BAD_ANSWER'],
    ['short', 'WRONG_SHA256'],
    ['long', '(UNREACHABLE|BAD_ANSWER|SHORT)'],
    ['flaky', 'HTTP_STATUS'],
  ])('says what is missing where it is always %s', async (manner, code) => {
    using dir = tempDir()
    await using server = await MirrorServer.start(files, { manners: new Map([[second, { manner }]]) })
    const report = await mirror([server.url], dir.path)
    expect(report.complete).toBe(false)
    expect(report.files.filter(({ outcome }) => outcome === 'missing')).toEqual([
      {
        ...{ name: second, outcome: 'missing' },
        failures: [{ location: server.url, message: expect.stringMatching(new RegExp(`\\(${code}\\)$`)) }],
      },
    ])
    const rest = new Map([...files].filter(([name]) => name !== second))
    expect([...folderOf(dir.path).keys()].filter((name) => !/\.part/.test(name))).toEqual([...rest.keys()])
  })

  test('never keeps a file with a wrong bit, with or without a list of checksums', async () => {
    for (const checksums of [undefined, 'listed'] as const) {
      using dir = tempDir()
      const sends = new Map([[second, flipped(files.get(second) ?? new Uint8Array(0))]])
      await using server = await MirrorServer.start(files, { sends, ...(checksums === undefined && { checksums }) })
      const report = await mirror([server.url], dir.path)
      expect(report.complete).toBe(false)
      expect([...folderOf(dir.path).keys()]).toEqual(names.filter((name) => name !== second))
    }
  })

  test('begins again where what an earlier run left was wrong', async () => {
    using dir = tempDir()
    await using server = await MirrorServer.start(files, { writtenTo: dir.path, manners: new Map([[second, once]]) })
    await mirror([server.url], dir.path, { tries: 1 })
    const part = readFileSync(dir.join(`${second}.part`))
    writeFolder(dir.path, new Map([[`${second}.part`, flipped(part)]]))
    expect((await mirror([server.url], dir.path)).complete).toBe(true)
    expect(folderOf(dir.path)).toEqual(contents(files))
  })

  test('does not continue with another version of a file', async () => {
    using dir = tempDir()
    const old = new Map([...files].map(([name, bytes]) => [name, name === second ? flipped(bytes, 200) : bytes]))
    await using before = await MirrorServer.start(old, {
      ...{ checksums: undefined, writtenTo: dir.path, manners: new Map([[second, once]]) },
    })
    await mirror([before.url], dir.path, { tries: 1 })
    const state = JSON.parse(readFileSync(dir.join(`${second}.part.json`), 'utf8'))
    await using server = await MirrorServer.start(files, { checksums: undefined })
    writeFolder(
      dir.path,
      new Map([[`${second}.part.json`, Buffer.from(JSON.stringify({ ...state, location: server.url }))]]),
    )
    expect((await mirror([server.url], dir.path)).complete).toBe(true)
    expect(folderOf(dir.path)).toEqual(contents(files))
    expect(server.sent).toBe(files.get(second)?.length)
  })

  test('reports a file that only its list of checksums has', async () => {
    using dir = tempDir()
    await using server = await MirrorServer.start(files, {
      ...{ hidden: [second], manners: new Map([[second, { manner: 'absent' }]]) },
    })
    const report = await mirror([server.url], dir.path)
    expect(report.files.filter(({ outcome }) => outcome === 'missing').map(({ name }) => name)).toEqual([second])
    expect(report.complete).toBe(false)
  })

  test('reports a number that nothing lists', async () => {
    using dir = tempDir()
    await using server = await MirrorServer.start(new Map([...files].filter(([name]) => name !== second)))
    const report = await mirror([server.url], dir.path)
    expect(report.files.every(({ outcome }) => outcome === 'fetched')).toBe(true)
    expect(report.complete).toBe(false)
  })

  test('takes a file that its list has another size of if it is right', async () => {
    using dir = tempDir()
    await using server = await MirrorServer.start(files, { sizes: new Map([[second, 7]]) })
    expect((await mirror([server.url], dir.path)).complete).toBe(true)
    expect(folderOf(dir.path)).toEqual(contents(files))
  })
})

describe('a location that hardly answers', () => {
  /** A location with one file, of which a byte comes at a time, or whose answers never come. */
  function lazy(name: string, asked: string[] = []): Location {
    async function* drip(): AsyncGenerator<Uint8Array, void, void> {
      for (const byte of files.get(name) ?? []) {
        await sleep(5)
        yield Uint8Array.of(byte)
      }
    }
    return {
      name: 'lazy',
      list: async () => names.map((each) => ({ name: each })),
      open: (each) => {
        asked.push(each)
        return new Promise(() => {})
      },
      readText: async () => undefined,
      download: async () => ({ from: 0, bytes: drip(), [Symbol.asyncDispose]: async () => {} }),
      [Symbol.asyncDispose]: async () => {},
    }
  }

  test('is given up for the next one where only some bytes come', async () => {
    using dir = tempDir()
    await using good = await MirrorServer.start(new Map([[second, files.get(second) ?? new Uint8Array(0)]]))
    const locations = [lazy(second), httpLocation(good.url)]
    const plan = await planMirror(locations, dir.path, { sizeDeadlineMs: 1, numbers: { first: 1, last: 1 } })
    const report = await runMirror(plan, locations, dir.path, { backoffMs: () => 0, stallMs: 300 })
    expect(report.files.map(({ outcome, fetched }) => [outcome, fetched?.location])).toEqual([['fetched', good.url]])
    expect(report.files[0]?.failures).toMatchObject([{ location: 'lazy', message: expect.stringMatching(/TOO_SLOW/) }])
  })

  test('is not asked for the sizes of all its files', async () => {
    using dir = tempDir()
    const asked: string[] = []
    const plan = await planMirror([lazy(second, asked)], dir.path, { sizeDeadlineMs: 1, parallel: 1 })
    expect([plan.unknownSizes, asked]).toEqual([names.length, names.slice(0, 3)])
  })
})

test('blocks of another chain by the name of mainnet are not taken, and it is said where they are', async () => {
  const sink = toBytes()
  await writeEra1(sink, madeChain([{ difficulty: 1n, transactions: [], receipts: [] }]))
  const made = await openEra1(fromBytes(sink.bytes()))
  const of = async (network: string): Promise<MirrorReport> => {
    using dir = tempDir()
    const name = await executionArchiveNameOf(made, network)
    await using server = await MirrorServer.start(new Map([[name, sink.bytes()]]))
    return await mirror([server.url], dir.path)
  }
  expect((await of('other')).complete).toBe(true)
  const { complete, files: outcomes } = await of('mainnet')
  expect([complete, outcomes[0]?.outcome]).toEqual([false, 'missing'])
  expect(outcomes[0]?.failures[0]?.message).toMatch(
    /^http:.*\.era1: of another network: accumulator 0 of mainnet is 5ec1ffb8/,
  )
})

describe('a mirror of several servers', () => {
  test('has each file from the first that has it right', async () => {
    using dir = tempDir()
    const sends = new Map([[second, flipped(files.get(second) ?? new Uint8Array(0))]])
    await using bad = await MirrorServer.start(files, { sends, manners: new Map([[third, { manner: 'absent' }]]) })
    await using good = await MirrorServer.start(files)
    const report = await mirror([bad.url, good.url], dir.path)
    expect(report.complete).toBe(true)
    expect(folderOf(dir.path)).toEqual(contents(files))
    expect(good.asked.toSorted(byText)).toEqual([second, third])
    const failed = report.files.filter(({ failures }) => failures.length > 0)
    expect(failed.map(({ name, failures }) => [name, failures[0]?.location])).toEqual([
      [second, bad.url],
      [third, bad.url],
    ])
  })

  test('goes on where one of them is not there, and asks it last', async () => {
    using dir = tempDir()
    const gone = await MirrorServer.start(files)
    const { url } = gone
    await gone[Symbol.asyncDispose]()
    await using good = await MirrorServer.start(files)
    expect((await mirror([url, good.url], dir.path, { parallel: 1 })).complete).toBe(true)
    expect(folderOf(dir.path)).toEqual(contents(files))
  })

  test('continues at another server what one has begun, if both list the same hash', async () => {
    using dir = tempDir()
    await using first = await MirrorServer.start(files, { writtenTo: dir.path, manners: new Map([[second, once]]) })
    await using other = await MirrorServer.start(files)
    await mirror([first.url], dir.path, { tries: 1 })
    const had = readFileSync(dir.join(`${second}.part`)).length
    expect(had).toBeGreaterThan(0)
    expect((await mirror([other.url], dir.path)).complete).toBe(true)
    expect(folderOf(dir.path)).toEqual(contents(files))
    expect(other.sent).toBe((files.get(second)?.length ?? 0) - had)
  })
})
