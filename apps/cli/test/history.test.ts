import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import {
  hasNginx,
  hasVectors,
  type Nginx,
  readVector,
  S3_KEYS,
  type S3Server,
  startNginx,
  startS3,
  tempDir,
} from '@datastreamer/fixtures'
import { openReader, openStore } from '@datastreamer/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { used } from './stream-files.ts'

const dir = tempDir()
const key = dir.join('key')
const publicKey = dir.join('key.pub')
const stream = dir.join('s.bin')
const folder = dir.join('history')
const PUBLISH = ['--key', key, '--segment-bytes', '20000', '--rest']

beforeAll(async () => {
  const [text = ''] = await linesOf('history', 'keygen', key, '--name', 'history.example/test')
  writeFileSync(publicKey, `${text}\n`)
  await linesOf('generate', stream, '--blocks', '300')
  await linesOf('history', 'publish', stream, folder, ...PUBLISH)
})

afterAll(() => dir[Symbol.dispose]())

/** For each operation boundary that is known of a stream file: the number of the entry after it. */
async function boundariesOf(file: string): Promise<bigint[]> {
  const reader = await openReader(file)
  try {
    const boundaries: bigint[] = []
    for await (const event of reader.operations({ follow: false })) {
      if (event.kind === 'operationBoundary' && !event.gap) boundaries.push(event.nextEntry)
    }
    return boundaries
  } finally {
    await reader.close()
  }
}

describe('keygen', () => {
  test('writes a file that only its owner can read, and never over another', async () => {
    expect(statSync(key).mode & 0o777).toBe(0o600)
    const before = readFileSync(key, 'utf8')
    const again = await datastreamer('history', 'keygen', key)
    expect([again.status, again.stdout]).toEqual([2, ''])
    expect(again.stderr).toContain('a key is never overwritten')
    expect(readFileSync(key, 'utf8')).toBe(before)
  })

  test('refuses what cannot be a name', async () => {
    expect((await datastreamer('history', 'keygen', dir.join('other'), '--name', 'a b')).status).toBe(2)
    expect(existsSync(dir.join('other'))).toBe(false)
  })
})

const commands: readonly (readonly string[])[] = [
  ['tail', 'SRC', '--from', '0', '--no-follow', '--json'],
  ['tail', 'SRC', '--from', 'block:100', '--to', 'block:120', '--blocks', '--json', '--no-follow'],
  ['tail', 'SRC', '-n', '3', '--no-follow'],
  ['tail', 'SRC', '--from', '0', '--types', 'l2Block', '--no-follow'],
  ['sanity', 'SRC', '--json'],
  ['entry', 'SRC', '77', '--json'],
  ['bookmark', 'SRC', '--block', '200', '--json'],
  ['bookmark', 'SRC', '--batch', '3', '--json'],
  ['dump-batch', 'SRC', '2'],
]

/** What every command of a stream prints, of a stream that is at SRC. */
async function printed(src: string): Promise<string[]> {
  const all: string[] = []
  for (const command of commands) {
    const args = command.map((word) => (word === 'SRC' ? src : word))
    all.push(...(await linesOf(...args, '--public-key', publicKey)))
  }
  return all
}

/** A place where the history is, and what it is called. */
function describeLocation(name: string, start: () => Promise<string>, end: () => Promise<void>, isThere = true): void {
  describe.skipIf(!isThere)(name, () => {
    let src = ''
    beforeAll(async () => {
      src = await start()
    })
    afterAll(end)

    test('gives exactly what the file gives', async () => {
      expect(await printed(src)).toEqual(await printed(stream))
      const [[info], [whole]] = [await jsonOf('info', src), await jsonOf('info', stream)]
      const {
        file: _,
        size: __,
        pages: ___,
        pagesInUse: ____,
        bookmarks: _____,
        source: ______,
        ...header
      } = whole ?? {}
      expect(info).toMatchObject(header)
    })

    test('is written back into a stream file with the same used bytes and operation boundaries', async () => {
      const back = dir.join(`${name}.bin`)
      await linesOf('history', 'get', src, back, '--public-key', publicKey)
      expect(used(back).subarray(4096).equals(used(stream).subarray(4096))).toBe(true)
      expect(await boundariesOf(back)).toEqual(await boundariesOf(stream))
      const again = await datastreamer('history', 'get', src, back, '--public-key', publicKey)
      expect(again.stderr).toContain('holds all of it already')
    })
  })
}

describeLocation(
  'folder',
  async () => folder,
  async () => {},
)

let nginx: Nginx | undefined
describeLocation(
  'nginx',
  async () => {
    nginx = await startNginx(dir.path)
    return `${nginx.url}history`
  },
  async () => nginx?.[Symbol.asyncDispose](),
  hasNginx(),
)

let s3: S3Server | undefined
const environment = { ...process.env }
describeLocation(
  's3',
  async () => {
    s3 = await startS3()
    process.env.AWS_ENDPOINT_URL = s3.endpoint
    process.env.AWS_ACCESS_KEY_ID = S3_KEYS.accessKeyId
    process.env.AWS_SECRET_ACCESS_KEY = S3_KEYS.secretAccessKey
    const src = 's3://history/published'
    await linesOf('history', 'publish', stream, src, '--state', dir.join('s3.state'), ...PUBLISH)
    return src
  },
  async () => {
    process.env = environment
    await s3?.[Symbol.asyncDispose]()
  },
)

describe('publish', () => {
  test('goes on where it was, also with a stream that has grown', async () => {
    const [own, grown] = [dir.join('own.key'), dir.join('grown.bin')]
    const to = dir.join('grown')
    await linesOf('history', 'keygen', own)
    copyFileSync(stream, grown)
    await linesOf('history', 'publish', grown, to, '--key', own, '--segment-bytes', '20000')
    const before = Number((await jsonOf('history', 'info', to))[0]?.totalEntries)
    expect(before).toBeGreaterThan(0)
    const store = await openStore(grown)
    const from = store.getHeader().totalEntries
    await store.atomic((operation) => void operation.addEntry(9, new Uint8Array(30_000)))
    await store.close()
    await linesOf('history', 'publish', grown, to, '--key', own, '--segment-bytes', '20000', '--rest')
    const [info] = await jsonOf('history', 'info', to)
    expect(info?.totalEntries).toBe(String(from + 1n))
    expect((await linesOf('tail', to, '--from', '0', '--no-follow')).length).toBe(Number(from + 1n))
  })

  test('another publisher with that state, or another stream, is refused', async () => {
    const other = dir.join('other.bin')
    await linesOf('generate', other, '--blocks', '30', '--seed', '99')
    const refused = await datastreamer('history', 'publish', other, folder, '--key', key, '--state', dir.join('none'))
    expect(refused.status).toBe(1)
    expect(refused.stderr).toMatch(/FOREIGN|checkpoint/)
    expect((await jsonOf('history', 'info', folder))[0]?.totalEntries).toBe(
      (await jsonOf('info', stream))[0]?.totalEntries,
    )
  })

  test.each<[string, readonly string[], RegExp]>([
    ['a web server', ['history', 'publish', stream, 'http://127.0.0.1:1/', '--key', key], /can only be read/],
    ['no history', ['history', 'info', dir.path], /./],
    ['a public key of another', ['history', 'info', folder, '--public-key', 'a+12345678+AAAA'], /--public-key/],
  ])('%s is refused', async (_, args, message) => {
    const { status, stderr } = await datastreamer(...args)
    expect(status).not.toBe(0)
    expect(stderr).toMatch(message)
  })

  test('a history of another key is refused', async () => {
    const [text = ''] = await linesOf('history', 'keygen', dir.join('third'), '--name', 'history.example/test')
    const { status, stderr } = await datastreamer('tail', folder, '--from', '0', '--no-follow', '--public-key', text)
    expect([status, stderr]).toEqual([1, expect.stringContaining('none of the trusted keys')])
  })

  test('without a public key, readers hear once that nobody vouches for it', async () => {
    const { stderr } = await datastreamer('entry', folder, '1')
    expect(stderr.match(/not who signed it/g)).toHaveLength(1)
  })
})

describe('verify and mirror', () => {
  test('a sound history, with an older checkpoint that it continues', async () => {
    const [report] = await jsonOf('history', 'verify', folder, '--public-key', publicKey, '--deep')
    expect(report).toMatchObject({ faults: [], entries: (await jsonOf('info', stream))[0]?.totalEntries })
    const kept = dir.join('kept')
    copyFileSync(dir.join('history', 'checkpoint'), kept)
    const since = await linesOf('history', 'verify', folder, '--public-key', publicKey, '--since', kept)
    expect(since).toContain('result    sound')
  })

  test('a mirror is the same, and is brought up to date; what is damaged is named', async () => {
    const copy = dir.join('copy')
    const [first] = await jsonOf('history', 'mirror', folder, copy, '--public-key', publicKey)
    expect(first).toMatchObject({ isPublished: true, gaps: [], kept: 0 })
    expect(await printed(copy)).toEqual(await printed(stream))
    const [again] = await jsonOf('history', 'mirror', folder, copy, '--public-key', publicKey, '--recheck')
    expect(again).toMatchObject({ isPublished: true, copied: 0, kept: first?.copied })
    const [segment = ''] = readdirSync(dir.join('copy', 'segment'))
    const path = dir.join('copy', 'segment', segment)
    const bytes = readFileSync(path)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 8
    writeFileSync(path, bytes)
    const { status, stderr } = await datastreamer('history', 'verify', copy, '--public-key', publicKey)
    expect([status, stderr]).toEqual([1, expect.stringContaining(segment)])
    const tail = await datastreamer('tail', copy, '--from', '0', '--no-follow', '--public-key', publicKey)
    expect([tail.status, tail.stderr]).toEqual([1, expect.stringContaining(segment)])
  })
})

describe.skipIf(!hasVectors('real-stream'))('the recorded stream of a network', () => {
  test('is the same through a history, and back', async () => {
    const [file, to, back] = [dir.join('real.bin'), dir.join('real'), dir.join('real-back.bin')]
    writeFileSync(file, readVector('real-stream', 'data-stream.bin.gz'))
    const own = dir.join('real.key')
    await linesOf('history', 'keygen', own)
    await linesOf('history', 'publish', file, to, '--key', own, '--segment-bytes', '1000000', '--rest')
    for (const args of [
      ['tail', '--from', '0', '--no-follow', '--blocks', '--json'],
      ['tail', '--from', '0', '--no-follow'],
      ['sanity', '--json'],
    ] as const) {
      const [command, ...rest] = args
      expect(await linesOf(command, to, ...rest)).toEqual(await linesOf(command, file, ...rest))
    }
    await linesOf('history', 'get', to, back)
    expect(used(back).subarray(4096).equals(used(file).subarray(4096))).toBe(true)
  })
})
