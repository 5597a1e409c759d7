import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { SourceProcess, tempDir } from '@datastreamer/fixtures'
import type { HeaderGeneration } from '@datastreamer/format'
import { type Generation, generateStream } from '@datastreamer/sequencer-entries'
import { openStore } from '@datastreamer/store'
import { afterAll, describe, expect, test } from 'vitest'
import { appendOperations } from '../src/write/append-operations.ts'
import { datastreamer, jsonOf, linesOf, SERVER } from './cli.ts'
import { bookmarksOf, generator, sameStream, used } from './stream-files.ts'

/** All bookmarks of a stream, and where its own index says that they are. */
async function indexedBookmarks(file: string): Promise<[Uint8Array, number | undefined][]> {
  await using store = await openStore(file)
  const found: [Uint8Array, number | undefined][] = []
  for (const bookmark of await bookmarksOf(file)) found.push([bookmark, await store.index.get(bookmark)])
  return found
}

const cache = tempDir()
afterAll(() => cache[Symbol.dispose]())
const generate = generator(cache.path)

describe('a stream that is archived in several files', () => {
  test('comes back as it was: used bytes, bookmarks', async () => {
    using dir = tempDir()
    await generate(dir.join('s.bin'), 100)
    const files = await jsonOf(
      'e2store',
      'export',
      dir.join('s.bin'),
      '--out',
      dir.join('a'),
      '--blocks-per-file',
      '20',
    )
    expect(files.length).toBeGreaterThan(3)
    expect(files.reduce((sum, { blocks }) => sum + Number(blocks), 0)).toBe(100)
    expect(new Set(readdirSync(dir.join('a')))).toEqual(new Set(files.map(({ name }) => name)))
    await linesOf('e2store', 'import', dir.join('a'), '--file', dir.join('t.bin'))
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
    expect(await linesOf('verify', dir.join('t.bin'))).toContain('result     whole')
    const bookmarks = await indexedBookmarks(dir.join('t.bin'))
    expect(bookmarks).toEqual(await indexedBookmarks(dir.join('s.bin')))
    expect(bookmarks.length).toBeGreaterThan(100)
  })

  test('files begin with a batch, names and bytes follow from the stream, digests do not depend on where it is split', async () => {
    using dir = tempDir()
    await generate(dir.join('s.bin'), 100)
    const make = (out: string, blocks: string): Promise<Record<string, unknown>[]> =>
      jsonOf('e2store', 'export', dir.join('s.bin'), '--out', dir.join(out), '--blocks-per-file', blocks)
    const [one, again, whole] = [await make('a', '10'), await make('b', '10'), await make('c', '1000')]
    expect(again.map(({ name }) => name)).toEqual(one.map(({ name }) => name))
    for (const name of readdirSync(dir.join('a'))) {
      expect(readFileSync(dir.join('a', name)).equals(readFileSync(dir.join('b', name)))).toBe(true)
    }
    expect(whole).toHaveLength(1)
    expect(one.at(-1)?.digest).toBe(whole[0]?.digest)
    for (const { firstEntry } of one) {
      const [entry] = await jsonOf(
        'tail',
        dir.join('s.bin'),
        '--from',
        String(firstEntry),
        '--count',
        '2',
        '--no-follow',
      )
      // A bookmark of type 1, of a batch.
      expect(entry).toMatchObject({ type: 0xb0, data: expect.stringMatching(/^0x0801/) })
    }
  })

  test('any block is found in its file', async () => {
    using dir = tempDir()
    await generate(dir.join('s.bin'), 100)
    const files = await jsonOf(
      'e2store',
      'export',
      dir.join('s.bin'),
      '--out',
      dir.join('a'),
      '--blocks-per-file',
      '90',
    )
    const blocks = await jsonOf('tail', dir.join('s.bin'), '--from', '0', '--blocks', '--no-follow')
    for (const { file, firstBlock, blocks: count } of files) {
      const first = Number(firstBlock)
      const last = first + Number(count) - 1
      expect(await jsonOf('e2store', 'cat', String(file), '--blocks')).toEqual(blocks.slice(first, last + 1))
      for (const number of [first, Math.floor((first + last) / 2), last]) {
        expect(await jsonOf('e2store', 'cat', String(file), '--block', String(number))).toEqual([blocks[number]])
      }
      const beyond = await datastreamer('e2store', 'cat', String(file), '--block', String(last + 1))
      expect([beyond.status, beyond.stderr]).toEqual([1, expect.stringContaining(`has no block ${last + 1}`)])
    }
  })

  test('a server is archived as its file is', async () => {
    using dir = tempDir()
    await generate(dir.join('s.bin'), 100)
    const server = new SourceProcess(SERVER, ['--read-only', '--port', '0', '--file', dir.join('s.bin')])
    try {
      const address = (await server.firstLine()).replace('ready stream=', '')
      const [fromServer] = await jsonOf('e2store', 'export', address, '--out', dir.join('a'))
      const [fromFile] = await jsonOf('e2store', 'export', dir.join('s.bin'), '--out', dir.join('b'))
      expect(fromServer?.name).toBe(fromFile?.name)
    } finally {
      await server.end()
    }
  })
})

describe('streams of every shape', () => {
  /** Make a stream from operations of entries. */
  async function make(
    file: string,
    operations: Iterable<readonly { readonly type: number; readonly data: Uint8Array }[]>,
    identity: { streamType?: bigint; generation?: HeaderGeneration; systemId?: bigint; version?: number } = {},
  ): Promise<void> {
    const store = await openStore({ file, fsync: 'never', ...identity })
    await appendOperations(store, operations)
    await store.close()
  }

  async function roundTrip(
    file: string,
    back: string,
    out: string,
    ...options: string[]
  ): Promise<Record<string, unknown>[]> {
    const files = await jsonOf('e2store', 'export', file, '--out', out, ...options)
    expect(await linesOf('e2store', 'verify', ...files.map((each) => String(each.file)))).toHaveLength(files.length)
    await linesOf('e2store', 'import', out, '--file', back)
    expect(sameStream(back, file)).toBe(true)
    return files
  }

  test('without an entry', async () => {
    using dir = tempDir()
    await make(dir.join('s.bin'), [], { systemId: 5n })
    const files = await roundTrip(dir.join('s.bin'), dir.join('t.bin'), dir.join('a'))
    expect(files).toMatchObject([{ firstEntry: '0', nextEntry: '0', firstBlock: null, blocks: 0 }])
  })

  test('of another type: split by entries, entries of a whole page and none, bookmarks of any length', async () => {
    using dir = tempDir()
    const sizes = [0, 1, 300_000, 1_048_559, 5, 700_000, 700_000, 1_048_559]
    const operations = sizes.map((size, i) => [
      { type: 0xb0, data: new Uint8Array(1 + (i % 16)).fill(i) },
      { type: i, data: new Uint8Array(size).fill(i + 1) },
    ])
    await make(dir.join('s.bin'), operations, { streamType: 9n, systemId: 7n })
    const options = ['--stream-type', '9', '--entries-per-file', '5']
    const files = await roundTrip(dir.join('s.bin'), dir.join('t.bin'), dir.join('a'), ...options)
    expect(files.map(({ firstEntry, blocks }) => [firstEntry, blocks])).toEqual([
      ['0', 0],
      ['5', 0],
      ['10', 0],
      ['15', 0],
    ])
    const wrong = await datastreamer(
      'e2store',
      'export',
      dir.join('s.bin'),
      '--stream-type',
      '9',
      '--out',
      dir.join('b'),
      '--blocks-per-file',
      '5',
    )
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('use --entries-per-file')])
  })

  test.each<[HeaderGeneration, Generation]>([
    [1, 'sequencer-2023-09'],
    [2, 'pre-etrog'],
  ])('with a header of generation %i', async (generation) => {
    using dir = tempDir()
    await make(dir.join('s.bin'), [[{ type: 7, data: Uint8Array.of(1) }]], { generation })
    await roundTrip(dir.join('s.bin'), dir.join('t.bin'), dir.join('a'))
  })

  test('with entries before the first batch, and a batch that is open at the end', async () => {
    using dir = tempDir()
    const operations = [[{ type: 99, data: Uint8Array.of(1) }], ...generateStream({ blocks: 33n })]
    await make(dir.join('s.bin'), operations.slice(0, 33))
    const files = await roundTrip(dir.join('s.bin'), dir.join('t.bin'), dir.join('a'), '--blocks-per-file', '8')
    expect(files[0]).toMatchObject({ firstEntry: '0', firstBlock: '0' })
  })

  test('with old bytes in a padding: they do not come back, all else does', async () => {
    using dir = tempDir()
    const operations = [700_000, 700_000].map((size) => [{ type: 1, data: new Uint8Array(size).fill(3) }])
    await make(dir.join('s.bin'), operations, { streamType: 2n })
    const bytes = used(dir.join('s.bin'))
    const padding = [4096 + 700_017 + 1, 4096 + 1_048_576] as const
    writeFileSync(dir.join('s.bin'), bytes.fill(0xee, ...padding), { flag: 'r+' })
    const [file] = await jsonOf('e2store', 'export', dir.join('s.bin'), '--stream-type', '2', '--out', dir.join('a'))
    await linesOf('e2store', 'import', String(file?.file), '--file', dir.join('t.bin'))
    expect(used(dir.join('t.bin')).equals(used(dir.join('s.bin')).fill(0, ...padding))).toBe(true)
  })

  test('whose blocks do not follow each other is refused, and archived by entries', async () => {
    using dir = tempDir()
    const [first = [], second = [], third = []] = generateStream({ blocks: 3n })
    await make(dir.join('s.bin'), [first, third, second])
    const refused = await datastreamer('e2store', 'export', dir.join('s.bin'), '--out', dir.join('a'))
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining('archive it as it is with --entries-per-file'),
    ])
    expect(readdirSync(dir.join('a'))).toEqual([])
    await roundTrip(dir.join('s.bin'), dir.join('t.bin'), dir.join('b'), '--entries-per-file', '7')
  })

  test('whose entries cannot be read is refused', async () => {
    using dir = tempDir()
    await make(dir.join('s.bin'), [[{ type: 2, data: Uint8Array.of(0xff) }]])
    const { status, stderr } = await datastreamer('e2store', 'export', dir.join('s.bin'), '--out', dir.join('a'))
    expect([status, stderr]).toEqual([1, expect.stringContaining('--entries-per-file')])
  })
})
