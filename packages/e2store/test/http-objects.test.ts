import { mkdirSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { hasNginx, startNginx, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import type { WebRequest } from '../src/location.ts'
import { httpObjects } from '../src/objects.ts'
import { expectBytes } from './support/expect-bytes.ts'
import { type Answers, FileServer, someBytes } from './support/file-server.ts'
import { code } from './support/objects.ts'
import { SteppedClock } from './support/stepped-clock.ts'

const bytes = someBytes(100_000)
const KEY = 'tile/x001/000.p/12'

/** A server with one object, and what reads it. */
async function served(
  answers: Answers = () => false,
  options: Parameters<typeof httpObjects>[1] = {},
): Promise<{ server: FileServer; clock: SteppedClock; objects: ReturnType<typeof httpObjects> } & AsyncDisposable> {
  const server = await FileServer.start({ [`log/${KEY}`]: bytes })
  server.answers = answers
  const clock = new SteppedClock()
  const objects = httpObjects(`${server.url}log`, { clock, ...options })
  return { server, clock, objects, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const status =
  (number: number, headers: Readonly<Record<string, string>> = {}): Answers =>
  (_, response) =>
    void response.writeHead(number, headers).end()

describe('one request', () => {
  test('gives an object, or a range of it', async () => {
    await using held = await served()
    const { server, objects } = held
    expectBytes(await objects.get(KEY, { maxBytes: 100_000 }), bytes)
    expectBytes(await objects.getRange(KEY, 1000, 90_000), bytes.subarray(1000, 90_000))
    expectBytes(await objects.getRange(KEY, 99_999, 100_000, { size: 100_000 }), bytes.subarray(99_999))
    expect(server.ranges()).toEqual([undefined, 'bytes=1000-89999', 'bytes=99999-99999'])
  })

  test.each([404, 410])('with the answer %i says that it is not there', async (number) => {
    await using held = await served(status(number))
    const { server, objects } = held
    expect(await objects.get(KEY, { maxBytes: 10 })).toBeUndefined()
    expect(await objects.getRange(KEY, 0, 10)).toBeUndefined()
    expect(server.got).toHaveLength(2)
  })

  test('has nothing that a browser asks another server about first', async () => {
    const requests: Readonly<Record<string, unknown>>[] = []
    const fetch = async (url: string, { signal: _, ...request }: WebRequest) => {
      requests.push({ url, ...request })
      return { ...{ status: 404, type: 'default', url, body: null }, headers: new Headers() }
    }
    const objects = httpObjects('https://user:secret@example.org/a/index.html?x=y', {
      fetch,
      headers: { 'x-own': '1' },
    })
    expect(objects.name).toBe('https://example.org/a/')
    const plain = httpObjects('https://example.org/a b/', { fetch })
    await plain.get('c d/+%', { maxBytes: 1 })
    await plain.get('c', { maxBytes: 1, reload: true, revalidate: true })
    await plain.get('c', { maxBytes: 1, revalidate: true })
    await plain.getRange('c', 1, 5, { reload: true })
    await objects.get('c', { maxBytes: 1 })
    // Browsers do not send the first header, and ask about no range of this form.
    const headers = { 'accept-encoding': 'identity' }
    const request = { method: 'GET', redirect: 'manual', headers }
    expect(requests).toEqual([
      { ...request, url: 'https://example.org/a%20b/c%20d/%2B%25' },
      { ...request, url: 'https://example.org/a%20b/c', cache: 'reload' },
      { ...request, url: 'https://example.org/a%20b/c', cache: 'no-cache' },
      { ...request, url: 'https://example.org/a%20b/c', cache: 'reload', headers: { ...headers, range: 'bytes=1-4' } },
      {
        ...{ ...request, url: 'https://example.org/a/c' },
        headers: { ...headers, authorization: 'Basic dXNlcjpzZWNyZXQ=', 'x-own': '1' },
      },
    ])
  })

  test('is enough for what has moved for good, of the last thousand', async () => {
    const asked: string[] = []
    const fetch = async (url: string) => {
      asked.push(url)
      const isOld = url.startsWith('https://old')
      const headers = new Headers(isOld ? { location: url.replace('old', 'new') } : {})
      return { ...{ status: isOld ? 308 : 404, type: 'default', url, body: null }, headers }
    }
    const objects = httpObjects('https://old.example/', { fetch })
    for (let i = 0; i <= 1024; i++) await objects.get(`${i}`, { maxBytes: 1 })
    asked.length = 0
    for (const key of ['1', '1024', '0']) await objects.get(key, { maxBytes: 1 })
    expect(asked).toEqual([
      ...['https://new.example/1', 'https://new.example/1024', 'https://old.example/0', 'https://new.example/0'],
    ])
  })

  test('is one of sixteen at a time, or as many as are allowed', async () => {
    for (const [connections, options] of [
      [16, {}],
      [3, { connections: 3 }],
    ] as const) {
      let [now, most] = [0, 0]
      const answers: Answers = (got, response) => {
        most = Math.max(most, ++now)
        setImmediate(() => {
          now--
          held.server.serve(got, response)
        })
        return undefined
      }
      await using held = await served(answers, options)
      await Promise.all(Array.from({ length: 60 }, () => held.objects.getRange(KEY, 0, 10)))
      expect(most).toBeLessThanOrEqual(connections)
    }
  })

  test('that waits for others ends with its signal', async () => {
    const hang: Answers = () => undefined
    await using held = await served(hang, { connections: 1 })
    const [first, second] = [new AbortController(), new AbortController()]
    const reads = [first, second].map(({ signal }) => held.objects.get(KEY, { maxBytes: 10, signal }))
    const all = Promise.allSettled(reads)
    second.abort(new Error('second'))
    await expect(reads[1]).rejects.toThrow('second')
    const third = held.objects.get(KEY, { maxBytes: 100_000 })
    held.server.answers = () => false
    first.abort(new Error('first'))
    await expect(reads[0]).rejects.toThrow('first')
    expectBytes(await third, bytes)
    await all
  })
})

describe('a server that sends the whole object', () => {
  const whole: Answers = ({ path, method, headers }, response) => {
    held.serve({ path, method, headers, range: undefined }, response)
    return undefined
  }
  let held: FileServer

  test('gives ranges of it, up to a bound', async () => {
    await using all = await served(whole, { wholeBytes: 50_000 })
    held = all.server
    for (const [from, to] of [
      [0, 1],
      [0, 50_000],
      [49_999, 50_000],
      [12_345, 45_678],
    ] as const) {
      expectBytes(await all.objects.getRange(KEY, from, to), bytes.subarray(from, to))
      expectBytes(await all.objects.getRange(KEY, from, to, { size: 100_000 }), bytes.subarray(from, to))
    }
    expect(held.got).toHaveLength(8)
    await expect(all.objects.getRange(KEY, 0, 50_001)).rejects.toEqual(code('NO_RANGES'))
    await expect(all.objects.getRange(KEY, 0, 10, { size: 99_999 })).rejects.toEqual(code('BAD_ANSWER'))
    await expect(all.objects.getRange(KEY, 99_999, 100_001)).rejects.toThrow(/100000 bytes, expected 100001 or more/)
    expect(held.got).toHaveLength(11)
  })

  test('gives those of an object that it sends compressed', async () => {
    const zipped = gzipSync(bytes)
    await using all = await served((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': zipped.length }).end(zipped)
      return undefined
    })
    expectBytes(await all.objects.get(KEY, { maxBytes: 100_000 }), bytes)
    await expect(all.objects.get(KEY, { maxBytes: 99_999 })).rejects.toEqual(code('TOO_LARGE'))
    expectBytes(await all.objects.getRange(KEY, 5, 99_000, { size: 100_000 }), bytes.subarray(5, 99_000))
    await expect(all.objects.getRange(KEY, 5, 100_001)).rejects.toMatchObject({ code: 'BAD_ANSWER', retryable: true })
  })
})

describe('an answer that is not what was asked for', () => {
  const part = (headers: Readonly<Record<string, string>>, body: Uint8Array, number = 206): Answers => {
    return (_, response) => void response.writeHead(number, headers).end(body)
  }
  const ten = bytes.subarray(20, 30)

  test.each<[string, Answers]>([
    ['another range', part({ 'content-range': 'bytes 21-30/100000' }, ten)],
    ['a shorter range', part({ 'content-range': 'bytes 20-28/100000' }, ten.subarray(1))],
    ['a longer range', part({ 'content-range': 'bytes 20-30/100000' }, bytes.subarray(20, 31))],
    ['another size', part({ 'content-range': 'bytes 20-29/100001' }, ten)],
    ['no range', part({ 'content-range': 'bytes 20/30' }, ten)],
    ['more bytes', part({ 'content-range': 'bytes 20-29/100000', 'transfer-encoding': 'chunked' }, bytes)],
    ['more bytes than it says of no range', part({ 'transfer-encoding': 'chunked' }, bytes.subarray(20, 31))],
    ['another length', part({ 'content-length': '9' }, ten.subarray(1))],
    ['compressed bytes', part({ 'content-range': 'bytes 20-29/100000', 'content-encoding': 'gzip' }, gzipSync(ten))],
    ['a web page', part({ 'content-type': 'text/html' }, ten, 200)],
    ['a part of a web page', part({ 'content-type': 'text/html', 'content-range': 'bytes 20-29/100000' }, ten)],
    ['no bytes', status(416, { 'content-range': 'bytes */20' })],
  ])('is refused: %s', async (_, answers) => {
    await using held = await served(answers)
    await expect(held.objects.getRange(KEY, 20, 30, { size: 100_000 })).rejects.toEqual(code('BAD_ANSWER'))
    expect(held.server.got).toHaveLength(1)
  })

  test.each<[string, Answers]>([
    ['a web page', part({ 'content-type': 'text/html; charset=utf-8' }, bytes, 200)],
    ['a part', part({ 'content-range': 'bytes 0-9/100000' }, ten)],
  ])('is refused instead of the whole object: %s', async (_, answers) => {
    await using held = await served(answers)
    await expect(held.objects.get(KEY, { maxBytes: 100_000 })).rejects.toEqual(code('BAD_ANSWER'))
    expect(held.server.got).toHaveLength(1)
  })

  test('is accepted without the range, which a browser may not see', async () => {
    await using held = await served(part({}, ten))
    expectBytes(await held.objects.getRange(KEY, 20, 30, { size: 100_000 }), ten)
    held.server.answers = part({ 'transfer-encoding': 'chunked' }, ten)
    expectBytes(await held.objects.getRange(KEY, 20, 30), ten)
  })

  test('is asked for again where fewer bytes come than were announced, and then is an error', async () => {
    const short = part({ 'content-range': 'bytes 20-29/100000', 'transfer-encoding': 'chunked' }, ten.subarray(1))
    await using held = await served((got, response, earlier) => (earlier === 0 ? short(got, response, earlier) : false))
    expect(await held.objects.getRange(KEY, 20, 30)).toHaveLength(10)
    expect(held.server.ranges()).toEqual(['bytes=20-29', 'bytes=29-29'])
    held.server.answers = part({ 'transfer-encoding': 'chunked' }, new Uint8Array(0))
    await expect(held.objects.getRange(KEY, 20, 30)).rejects.toThrow(/ended after 0 of 10 bytes/)
    expect(held.server.got).toHaveLength(5)
  })
})

describe('what fails', () => {
  test.each([500, 503, 429])('with %i is asked for again', async (number) => {
    await using held = await served((_, response, earlier) =>
      earlier % 2 === 0 ? void response.writeHead(number, { 'retry-after': '2' }).end() : false,
    )
    expectBytes(await held.objects.get(KEY, { maxBytes: 100_000 }), bytes)
    expectBytes(await held.objects.getRange(KEY, 0, 10), bytes.subarray(0, 10))
    expect(held.clock.waits).toEqual([2000, 2000])
    held.server.answers = status(number)
    await expect(held.objects.get(KEY, { maxBytes: 10 })).rejects.toMatchObject({ code: 'HTTP_STATUS', status: number })
  })

  test.each([
    [403, 'DENIED'],
    [400, 'HTTP_STATUS'],
    [501, 'HTTP_STATUS'],
  ])('with %i is not', async (number, expected) => {
    await using held = await served(status(number))
    await expect(held.objects.get(KEY, { maxBytes: 10 })).rejects.toMatchObject({ code: expected, retryable: false })
    await expect(held.objects.getRange(KEY, 0, 1)).rejects.toMatchObject({ code: expected, retryable: false })
    expect(held.server.got).toHaveLength(2)
  })

  test('on its way is continued', async () => {
    await using held = await served((_, response, earlier) => {
      if (earlier === 2) return false
      const from = earlier * 30_000
      response.writeHead(206, { 'content-range': `bytes ${1000 + from}-99999/100000`, 'content-length': 99_000 - from })
      response.write(bytes.subarray(1000 + from, 31_000 + from), () => response.destroy())
      return undefined
    })
    expectBytes(await held.objects.getRange(KEY, 1000, 100_000), bytes.subarray(1000))
    expect(held.server.ranges()).toHaveLength(3)
  })

  test('after the last byte is there', async () => {
    await using held = await served((_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 10-19/100000', 'transfer-encoding': 'chunked' })
      response.write(bytes.subarray(10, 20), () => response.destroy())
      return undefined
    })
    expectBytes(await held.objects.getRange(KEY, 10, 20), bytes.subarray(10, 20))
    expect(held.server.got).toHaveLength(1)
  })

  test('ends with its signal while it waits', async () => {
    const life = new AbortController()
    await using held = await served((_, response) => {
      life.abort(new Error('enough'))
      response.writeHead(500).end()
    })
    await expect(held.objects.get(KEY, { maxBytes: 10, signal: life.signal })).rejects.toThrow('enough')
    expect(held.server.got).toHaveLength(1)
  })
})

describe.skipIf(!hasNginx())('nginx', () => {
  test.each(['', 'gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;', 'max_ranges 0;'])(
    'serves objects, with %j',
    async (directives) => {
      using dir = tempDir()
      mkdirSync(dir.join('tile', 'x001', '000.p'), { recursive: true })
      writeFileSync(dir.join(KEY), bytes)
      await using nginx = await startNginx(dir.path, directives)
      const objects = httpObjects(nginx.url)
      expectBytes(await objects.get(KEY, { maxBytes: 100_000, reload: true }), bytes)
      expectBytes(await objects.get(KEY, { maxBytes: 100_000, revalidate: true }), bytes)
      expectBytes(await objects.getRange(KEY, 0, 1, { size: 100_000 }), bytes.subarray(0, 1))
      expectBytes(await objects.getRange(KEY, 12_345, 67_890), bytes.subarray(12_345, 67_890))
      expect(await objects.get('tile/none', { maxBytes: 10 })).toBeUndefined()
      expect(await objects.getRange('none', 0, 1)).toBeUndefined()
      await expect(objects.getRange(KEY, 0, 1, { size: 99_999 })).rejects.toEqual(code('BAD_ANSWER'))
      await expect(objects.getRange(KEY, 100_000, 100_001)).rejects.toEqual(code('BAD_ANSWER'))
    },
  )
})
