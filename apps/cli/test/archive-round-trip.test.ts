import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { SourceProcess, tempDir } from '@datastreamer/fixtures'
import type { HeaderGeneration } from '@datastreamer/format'
import { type Generation, generateStream } from '@datastreamer/sequencer-entries'
import { openStore } from '@datastreamer/server'
import { afterAll, describe, expect, test } from 'vitest'
import { importStream } from '../src/archive/import-stream.ts'
import { appendOperations } from '../src/write/append-operations.ts'
import { datastreamer, jsonOf, linesOf, SERVER } from './cli.ts'
import { copyStream, headerOf, sameStream, used } from './stream-files.ts'

/** All bookmarks of a stream by the file's own index, and where they lead. */
async function bookmarksOf(file: string): Promise<[string, number | undefined][]> {
  const entries = await jsonOf(
    'tail',
    file,
    '--from',
    '0',
    '--no-follow',
    '--stream-type',
    String(headerOf(file).streamType),
  )
  const keys = entries.filter(({ type }) => type === 0xb0).map(({ data }) => String(data))
  const store = await openStore({ file })
  try {
    const found: [string, number | undefined][] = []
    for (const key of keys) found.push([key, await store.index.get(Buffer.from(key.slice(2), 'hex'))])
    return found
  } finally {
    await store.close()
  }
}

const cache = tempDir()
afterAll(() => cache[Symbol.dispose]())

/** Make a stream of made-up blocks, or copy one that was made before. */
async function generate(file: string, blocks: number, seed = 1, chainId = 1101): Promise<void> {
  const made = cache.join(`${blocks}-${seed}-${chainId}.bin`)
  if (!existsSync(made)) {
    await linesOf('generate', made, '--blocks', `${blocks}`, '--seed', `${seed}`, '--chain-id', `${chainId}`)
  }
  copyStream(made, file)
}

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
      '50',
    )
    expect(files.length).toBeGreaterThan(3)
    expect(files.reduce((sum, { blocks }) => sum + Number(blocks), 0)).toBe(100)
    expect(new Set(readdirSync(dir.join('a')))).toEqual(new Set(files.map(({ name }) => name)))
    await linesOf('e2store', 'import', dir.join('a'), '--file', dir.join('t.bin'))
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
    expect(await linesOf('verify', dir.join('t.bin'))).toContain('result     whole')
    const bookmarks = await bookmarksOf(dir.join('t.bin'))
    expect(bookmarks).toEqual(await bookmarksOf(dir.join('s.bin')))
    expect(bookmarks.length).toBeGreaterThan(100)
  })

  test('files begin with a batch, names and bytes follow from the stream, digests do not depend on cuts', async () => {
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
    const server = new SourceProcess(SERVER, ['--read-only', '--port', '0', '--file', dir.join('s.bin')], {
      timeoutMs: 25_000,
    })
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

  test('of another type: cut by entries, entries of a whole page and none, bookmarks of any length', async () => {
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

  test('with entries in front of the first batch, and a batch that is open at the end', async () => {
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

describe('an import', () => {
  /** A stream of 100 blocks and its archive in files of 20 blocks and more. */
  async function archived(dir: ReturnType<typeof tempDir>): Promise<string[]> {
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
    return files.map(({ file }) => String(file))
  }

  test('takes files in any order, goes on where it was interrupted, and does nothing twice', async () => {
    using dir = tempDir()
    const files = await archived(dir)
    await linesOf('e2store', 'import', ...files.slice(0, 2).reverse(), '--file', dir.join('t.bin'))
    expect((await jsonOf('info', dir.join('t.bin')))[0]?.totalEntries).not.toBe('0')
    const rest = await datastreamer('e2store', 'import', ...files.reverse(), '--file', dir.join('t.bin'))
    expect([rest.status, rest.stderr]).toEqual([0, expect.stringMatching(/^added [\d,]+ entries; /)])
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
    const again = await datastreamer('e2store', 'import', dir.join('a'), '--file', dir.join('t.bin'))
    expect([again.status, again.stderr]).toEqual([0, expect.stringContaining('holds all of it already')])
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
  })

  test('goes on in the middle of a file', async () => {
    using dir = tempDir()
    await archived(dir)
    copyStream(dir.join('s.bin'), dir.join('t.bin'))
    await datastreamer('truncate', dir.join('t.bin'), '--entry', '133')
    await linesOf('e2store', 'import', dir.join('a'), '--file', dir.join('t.bin'))
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
  })

  test('of a part needs what is before it', async () => {
    using dir = tempDir()
    await archived(dir)
    const part = await jsonOf(
      'e2store',
      'export',
      dir.join('s.bin'),
      '--out',
      dir.join('p'),
      '--from',
      'block:50',
      '--to',
      'batch:20',
    )
    expect(part).toMatchObject([{ firstBlock: '50' }])
    const path = String(part[0]?.file)
    const alone = await datastreamer('e2store', 'import', path, '--file', dir.join('t.bin'))
    expect([alone.status, alone.stderr]).toEqual([1, expect.stringContaining('files before it are missing')])
    expect(existsSync(dir.join('t.bin'))).toBe(false)
    copyStream(dir.join('s.bin'), dir.join('t.bin'))
    await datastreamer('truncate', dir.join('t.bin'), '--entry', String(part[0]?.firstEntry))
    await linesOf('e2store', 'import', path, '--file', dir.join('t.bin'))
    const { length } = used(dir.join('t.bin'))
    expect(
      used(dir.join('t.bin'))
        .subarray(4096)
        .equals(used(dir.join('s.bin')).subarray(4096, length)),
    ).toBe(true)
  })

  test('into another stream is refused, and changes nothing', async () => {
    using dir = tempDir()
    await archived(dir)
    await generate(dir.join('other.bin'), 100, 2)
    await generate(dir.join('chain.bin'), 100, 1, 5)
    for (const [target, why] of [
      ['other.bin', 'holds another stream'],
      ['chain.bin', 'holds a stream of system id 5'],
    ] as const) {
      const before = used(dir.join(target))
      const { status, stderr } = await datastreamer('e2store', 'import', dir.join('a'), '--file', dir.join(target))
      expect([status, stderr]).toEqual([1, expect.stringContaining(why)])
      expect(used(dir.join(target)).equals(before)).toBe(true)
    }
  })

  test('into a stream that differs only inside the file that is gone on with is refused', async () => {
    using dir = tempDir()
    await archived(dir)
    copyStream(dir.join('s.bin'), dir.join('t.bin'))
    const store = await openStore({ file: dir.join('t.bin') })
    await store.truncateFile(10n)
    store.startAtomicOp()
    store.addStreamEntry(6, Uint8Array.of(8, 99))
    await store.commitAtomicOp()
    await store.close()
    const { status, stderr } = await datastreamer('e2store', 'import', dir.join('a'), '--file', dir.join('t.bin'))
    expect([status, stderr]).toEqual([1, expect.stringContaining('are others than those of the archive')])
    expect((await jsonOf('info', dir.join('t.bin')))[0]?.totalEntries).toBe('11')
  })

  test('of files with a gap, an overlap, or of two streams is refused', async () => {
    using dir = tempDir()
    const [first = '', second = '', third = ''] = await archived(dir)
    await generate(dir.join('other.bin'), 100, 2)
    await generate(dir.join('chain.bin'), 100, 1, 5)
    const foreign = async (name: string): Promise<string> => {
      const files = await jsonOf(
        'e2store',
        'export',
        dir.join(name),
        '--out',
        dir.join(`${name}.a`),
        '--entries-per-file',
        '40',
      )
      return String(files[1]?.file)
    }
    const short = await jsonOf(
      'e2store',
      'export',
      dir.join('s.bin'),
      '--out',
      dir.join('b'),
      '--entries-per-file',
      '40',
    )
    const head = String(short[0]?.file)
    for (const [files, why] of [
      [[first, third], 'begins with entry'],
      [[first, second, head], 'both'],
      [[head, await foreign('other.bin')], 'follows another stream'],
      [[head, await foreign('chain.bin')], 'is not of the stream'],
    ] as const) {
      const { status, stderr } = await datastreamer('e2store', 'import', ...files, '--file', dir.join('t.bin'))
      expect([status, stderr]).toEqual([1, expect.stringContaining(why)])
      expect(existsSync(dir.join('t.bin'))).toBe(false)
    }
    const none = await datastreamer('e2store', 'import', dir.path, '--file', dir.join('t.bin'))
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('no archive')])
  })

  test('archives of different cuts fit together', async () => {
    using dir = tempDir()
    const files = await archived(dir)
    const [{ nextEntry } = {}] = await jsonOf(
      'e2store',
      'export',
      dir.join('s.bin'),
      '--out',
      dir.join('p'),
      '--to',
      'block:49',
    )
    const next = BigInt(String(nextEntry))
    await linesOf('e2store', 'export', dir.join('s.bin'), '--out', dir.join('p'), '--from', String(next))
    await linesOf('e2store', 'import', dir.join('p'), '--file', dir.join('t.bin'))
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
    const verified = await linesOf('e2store', 'verify', ...files)
    expect(verified.slice(1).every((line) => line.includes('follows the file before it'))).toBe(true)
  })

  test('that is interrupted leaves whole archives only', async () => {
    using dir = tempDir()
    const files = await archived(dir)
    const stop = new AbortController()
    const importing = importStream({
      files,
      target: dir.join('t.bin'),
      signal: stop.signal,
      explain: (_, error) => error,
      onProgress: (bytes, total) => {
        if (bytes > total / 2) stop.abort(new Error('stopped'))
      },
    })
    await expect(importing).rejects.toThrow('stopped')
    const { totalEntries } = headerOf(dir.join('t.bin'))
    const ends = await Promise.all(files.map(async (file) => (await jsonOf('e2store', 'info', file))[0]?.nextEntry))
    expect(ends).toContain(String(totalEntries))
    expect(await linesOf('verify', dir.join('t.bin'))).toContain('result     whole')
    await linesOf('e2store', 'import', dir.join('a'), '--file', dir.join('t.bin'))
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
  })
})
