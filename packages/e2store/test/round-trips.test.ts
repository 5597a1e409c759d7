import { HeldServer } from '@datastreamer/fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeEre } from '../src/execution.ts'
import { openEre } from '../src/index.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { httpSource, type OpenedFile, type OpenOptions } from '../src/location.ts'
import { expectBytes } from './support/expect-bytes.ts'
import { someBytes } from './support/file-server.ts'
import { largeRows } from './support/large-rows.ts'

const bytes = someBytes(300_000)
const TAIL = 20_000
const END = `-${TAIL}`
const START = '0-65535'

function serving(files: Readonly<Record<string, Uint8Array>> = { file: bytes }): HeldServer {
  const server = new HeldServer()
  for (const [name, content] of Object.entries(files)) server.files.set(name, content)
  return server
}

const open = (server: HeldServer, options: OpenOptions & { connections?: number } = {}, name = 'file') =>
  server.during(
    httpSource(`http://far.example/${name}`, { fetch: server.fetch, tailBytes: TAIL, retries: 0, ...options }),
  )

/** What is known of a file without another request. */
async function expectEnds(file: OpenedFile, start: number, end: number): Promise<void> {
  expect(file.size).toBe(bytes.length)
  expectBytes(file.peek?.(0, start) ?? new Uint8Array(0), bytes.subarray(0, start))
  expectBytes(file.peek?.(file.size - end, end) ?? new Uint8Array(0), bytes.subarray(bytes.length - end))
}

describe('opening a file', () => {
  test('by both ends asks for them at the same time', async () => {
    const server = serving()
    await using file = await open(server, { ends: 'both' })
    expect(server.trips).toEqual([expect.arrayContaining([END, START])])
    expect(server.trips.flat()).toHaveLength(2)
    await expectEnds(file, 65_536, TAIL)
  })

  test('by both ends asks for one after the other where one connection is allowed', async () => {
    const server = serving()
    await using file = await open(server, { ends: 'both', connections: 1 })
    expect(new Set(server.trips.flat())).toEqual(new Set([END, START]))
    expect(server.most).toBe(1)
    await expectEnds(file, 65_536, TAIL)
  })

  test('by its start takes one request', async () => {
    const server = serving()
    await using file = await open(server, { ends: 'start' })
    expect(server.trips).toEqual([[START]])
    await expectEnds(file, 65_536, 0)
  })

  test('that is little larger than its end has no byte twice', async () => {
    const server = serving({ file: bytes.subarray(0, TAIL + 1000) })
    await using file = await open(server, { ends: 'both' })
    expectBytes(file.peek?.(0, 1000) ?? new Uint8Array(0), bytes.subarray(0, 1000))
    expectBytes(file.peek?.(1000, TAIL) ?? new Uint8Array(0), bytes.subarray(1000, TAIL + 1000))
  })

  test.each(['start', 'end', 'both'] as const)('that is small or empty brings all of it: %s', async (ends) => {
    const server = serving({ small: bytes.subarray(0, 1000), empty: new Uint8Array(0) })
    await using small = await open(server, { ends }, 'small')
    expectBytes(small.memory ?? new Uint8Array(0), bytes.subarray(0, 1000))
    server.answering = () => new Response('', { status: 416, headers: { 'content-range': 'bytes */0' } })
    await using empty = await open(server, { ends }, 'empty')
    expect([empty.size, server.trips.length]).toEqual([0, 1])
  })

  test.each([
    ['refuses it', () => new Response('', { status: 501 })],
    ['sends everything', () => new Response(Buffer.from(bytes))],
    ['answers the first bytes', () => part(0, TAIL)],
  ])('by both ends takes two round trips to a server that, asked for the last bytes, %s', async (_, answer) => {
    const server = serving()
    server.answering = (range) => (range?.startsWith('bytes=-') ? answer() : undefined)
    await using file = await open(server, { ends: 'both' })
    const [first, second] = server.trips
    expect(new Set(first)).toEqual(new Set([END, START]))
    expect([first?.length, second]).toEqual([2, [`${bytes.length - TAIL}-${bytes.length - 1}`]])
    await expectEnds(file, 65_536, TAIL)
  })

  test.each([
    ['of another version', () => part(0, 65_536, '"2"')],
    ['of another length', () => part(0, 1000)],
    ['refused', () => new Response('', { status: 503 })],
  ])('by both ends makes do with its end where the start is %s', async (_, answer) => {
    const server = serving()
    server.answering = (range) => (range?.startsWith('bytes=-') ? undefined : answer())
    await using file = await open(server, { ends: 'both' })
    expect(file.peek?.(0, 64)).toBeUndefined()
    server.answering = () => undefined
    expectBytes(await server.during(Promise.resolve(file.read(0, 64))), bytes.subarray(0, 64))
  })

  test('that is not there is reported once', async () => {
    const server = serving()
    await expect(open(server, { ends: 'both' }, 'other')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(open(server, { ends: 'start' }, 'other')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

/** An answer with a part of the file. */
function part(from: number, to: number, etag = '"1"'): Response {
  const headers = { 'content-range': `bytes ${from}-${to - 1}/${bytes.length}`, etag }
  return new Response(Buffer.from(bytes.subarray(from, to)), { status: 206, headers })
}

describe('a block of an .ere', () => {
  let ere: Uint8Array
  beforeAll(async () => {
    const sink = toBytes()
    await writeEre(sink, { start: 0n, read: () => largeRows })
    ere = sink.bytes()
  })

  test('takes two round trips: both ends of the file, then all that is read of the block', async () => {
    const server = serving({ file: ere })
    const source = httpSource('http://far.example/file', { fetch: server.fetch, tailBytes: 60_000, ends: 'both' })
    const row = await server.during(
      source.then(async (file) => (await openEre(file)).payloads(20n, ['header', 'body', 'totalDifficulty', 'proof'])),
    )
    expect(server.trips.map(({ length }) => length)).toEqual([2, 1])
    expectBytes(row.body ?? new Uint8Array(0), largeRows[20]?.body ?? new Uint8Array(1))
    await (await source)[Symbol.asyncDispose]()
  })
})
