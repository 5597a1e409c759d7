import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { httpSource, LocationError } from '../src/location.ts'
import { expectBytes } from './support/expect-bytes.ts'
import { FileServer, someBytes } from './support/file-server.ts'
import { SteppedClock } from './support/stepped-clock.ts'

const NAME = 'mainnet-00000-5ec1ffb8.era1'
const MIB = 1_048_576
const large = someBytes(3 * MIB)

/** A server with a file that is larger than what comes with opening it. */
async function serving(bytes: Uint8Array = large): Promise<FileServer> {
  return FileServer.start({ [NAME]: bytes })
}

const code = (expected: string) => expect.objectContaining({ name: 'LocationError', code: expected })

describe('opening a file', () => {
  test('takes one request, which brings its end', async () => {
    await using server = await serving()
    await using file = await httpSource(`${server.url}${NAME}`)
    expect([file.name, file.size]).toEqual([NAME, large.length])
    expectBytes(await file.read(large.length - 400_000, 400_000), large.subarray(-400_000))
    expect(server.ranges()).toEqual(['bytes=-720896'])
  })

  test('that is small brings all of it', async () => {
    const bytes = someBytes(1000)
    await using server = await serving(bytes)
    await using file = await httpSource(`${server.url}${NAME}`)
    expectBytes(file.memory ?? new Uint8Array(0), bytes)
    expect(server.ranges()).toHaveLength(1)
  })

  test('that is empty gives an empty one', async () => {
    await using server = await serving(new Uint8Array(0))
    await using file = await httpSource(`${server.url}${NAME}`)
    expect(file.size).toBe(0)
  })

  test.each([
    ['answers another range', 206],
    ['refuses it', 416],
    ['does not know it', 501],
    ['sends everything', 200],
  ])('works with a server that, asked for the last bytes, %s', async (_, status) => {
    await using server = await serving()
    server.answers = (got, response) => {
      if (!got.range?.startsWith('bytes=-')) return false
      if (status === 206) server.serve({ ...got, range: `bytes=0-${got.range.slice(7)}` }, response)
      else if (status === 200) server.serve({ ...got, range: undefined }, response)
      else response.writeHead(status).end()
      return undefined
    }
    await using file = await httpSource(`${server.url}${NAME}`)
    expect(file.size).toBe(large.length)
    expect(server.ranges()).toEqual([
      'bytes=-720896',
      'bytes=0-65535',
      `bytes=${large.length - 720_896}-${large.length - 1}`,
    ])
    expectBytes(await file.read(0, 65_536), large.subarray(0, 65_536))
    expect(server.ranges()).toEqual([])
  })

  test('is refused where a server gives no ranges, unless the file is small', async () => {
    await using server = await FileServer.start({ [NAME]: large, small: someBytes(1000) })
    server.answers = (got, response) => {
      if (got.range === undefined) return false
      server.serve({ ...got, range: undefined }, response)
      return undefined
    }
    await expect(httpSource(`${server.url}${NAME}`)).rejects.toThrow(/does not serve ranges/)
    await expect(httpSource(`${server.url}${NAME}`)).rejects.toEqual(code('NO_RANGES'))
    await using small = await httpSource(`${server.url}small`)
    expectBytes(small.memory ?? new Uint8Array(0), someBytes(1000))
  })

  test('that is not there is reported, also by a server that answers a web page', async () => {
    await using server = await serving()
    await expect(httpSource(`${server.url}other`)).rejects.toEqual(code('NOT_FOUND'))
    server.files.set('other', '<!DOCTYPE html><html>Welcome</html>')
    server.answers = (got, response) => {
      server.serve({ ...got, range: undefined }, response)
      return undefined
    }
    await expect(httpSource(`${server.url}other`)).rejects.toThrow(/a web page \(status 200\), not the file/)
    server.files.set('other', `<html>${'x'.repeat(800_000)}</html>`)
    await expect(httpSource(`${server.url}other`)).rejects.toEqual(code('BAD_ANSWER'))
  })
})

describe('reading', () => {
  test('any ranges gives the bytes of the file, whatever is read at the same time', async () => {
    await using server = await serving()
    const read = fc.record({
      at: fc.nat(large.length),
      length: fc.oneof(fc.nat(100), fc.nat(100_000), fc.nat(2 * MIB)),
    })
    const batches = fc.array(fc.array(read, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 })
    const options = { cacheBytes: 512 * 1024, tailBytes: 10_000 }
    await fc.assert(
      fc.asyncProperty(batches, fc.boolean(), async (all, hinted) => {
        await using file = await httpSource(`${server.url}${NAME}`, options)
        for (const batch of all) {
          const reads = batch.map(({ at, length }) => ({ position: at, length: Math.min(length, large.length - at) }))
          if (hinted) file.willRead?.(reads)
          await Promise.all(
            reads.map(async ({ position, length }) => {
              expectBytes(await file.read(position, length), large.subarray(position, position + length))
            }),
          )
        }
      }),
      { numRuns: 60 },
    )
  })

  test('follows reads with fewer and larger requests, and keeps no more than allowed', async () => {
    const bytes = someBytes(24 * MIB)
    await using server = await serving(bytes)
    await using file = await httpSource(`${server.url}${NAME}`, { cacheBytes: 16 * MIB, tailBytes: 1000 })
    let at = 0
    for (; at < bytes.length; at += 10_000) {
      const length = Math.min(10_000, bytes.length - at)
      expectBytes(await file.read(at, length), bytes.subarray(at, at + length))
    }
    const requests = server.ranges().length
    expect(requests).toBeLessThan(60)
    expect(requests).toBeGreaterThan(40)
  })

  test('several parts at the same time is recognized too', async () => {
    const bytes = someBytes(24 * MIB)
    await using server = await serving(bytes)
    await using file = await httpSource(`${server.url}${NAME}`, { tailBytes: 1000 })
    for (let at = 0; at < 4 * MIB; at += 8000) {
      for (let column = 0; column < 5; column++) {
        const from = column * 4 * MIB + at
        expectBytes(await file.read(from, 8000), bytes.subarray(from, from + 8000))
      }
    }
    expect(server.ranges().length).toBeLessThan(80)
  })

  test('what was announced is merged where it is near', async () => {
    await using server = await serving()
    await using file = await httpSource(`${server.url}${NAME}`, { tailBytes: 1000 })
    server.ranges()
    const reads = [
      { position: 100_000, length: 20_000 },
      { position: 150_000, length: 20_000 },
      { position: 1_000_000, length: 20_000 },
    ]
    file.willRead?.(reads)
    for (const { position, length } of reads) {
      expectBytes(await file.read(position, length), large.subarray(position, position + length))
    }
    expect(server.ranges()).toEqual(['bytes=100000-169999', 'bytes=1000000-1019999'])
  })

  test('the same bytes again, or at the same time, is no other request', async () => {
    await using server = await serving()
    await using file = await httpSource(`${server.url}${NAME}`, { tailBytes: 1000 })
    server.ranges()
    await Promise.all([file.read(10, 100), file.read(20, 200), file.read(40_000, 10)])
    await file.read(50, 1000)
    expect(server.ranges()).toEqual(['bytes=0-65535'])
    expect(file.peek?.(50, 1000)).toEqual(large.subarray(50, 1050))
    expect(file.peek?.(70_000, 10)).toBeUndefined()
  })

  test('beyond the end is a short read, after closing an error', async () => {
    await using server = await serving()
    const file = await httpSource(`${server.url}${NAME}`)
    await expect(async () => file.read(large.length - 1, 2)).rejects.toMatchObject({ code: 'SHORT_READ' })
    await file[Symbol.asyncDispose]()
    await file[Symbol.asyncDispose]()
    await expect(async () => file.read(0, 1)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('ends with its signal, and with the file', async () => {
    await using server = await serving()
    const interrupt = new AbortController()
    await using file = await httpSource(`${server.url}${NAME}`, { signal: interrupt.signal })
    await using other = await httpSource(`${server.url}${NAME}`)
    server.answers = () => undefined
    const reading = Promise.resolve(file.read(0, 10))
    const closed = Promise.resolve(other.read(0, 10))
    const reason = new Error('interrupted')
    interrupt.abort(reason)
    await expect(reading).rejects.toBe(reason)
    const done = expect(closed).rejects.toMatchObject({ code: 'CLOSED' })
    await other[Symbol.asyncDispose]()
    await done
  })
})

describe('a file that changes', () => {
  const changes: [string, (server: FileServer) => void][] = [
    ['its strong ETag', (server) => (server.etag = '"2"')],
    ['its date', (server) => Object.assign(server, { etag: undefined, modified: 'Wed, 21 Feb 2024 19:50:00 GMT' })],
    [
      'its date under a weak ETag',
      (server) => Object.assign(server, { etag: 'W/"2"', modified: 'Wed, 21 Feb 2024 19:50:00 GMT' }),
    ],
    ['its size', (server) => server.files.set(NAME, large.slice(0, -1))],
    ['to much less', (server) => server.files.set(NAME, large.slice(0, 100))],
  ]
  test.each(changes)('by %s is noticed', async (_, change) => {
    await using server = await serving()
    await using file = await httpSource(`${server.url}${NAME}`)
    change(server)
    await expect(async () => file.read(0, 10)).rejects.toEqual(code('CHANGED'))
  })

  test('is not suspected because its weak ETag does', async () => {
    await using server = await serving()
    server.etag = 'W/"1"'
    await using file = await httpSource(`${server.url}${NAME}`)
    server.etag = 'W/"2"'
    expectBytes(await file.read(0, 10), large.subarray(0, 10))
  })
})

describe('a server', () => {
  const lies: [string, Parameters<typeof answering>[0], string][] = [
    ['sends another range', (got) => ({ range: got.range?.replace(/\d+-/, '5-') }), 'BAD_ANSWER'],
    ['sends everything', () => ({ range: undefined }), 'NO_RANGES'],
    [
      'announces another range than it sends',
      () => ({ headers: { 'content-range': 'bytes 0-9/3145728' } }),
      'BAD_ANSWER',
    ],
    ['sends a part without saying which', () => ({ headers: { 'content-range': '' } }), 'BAD_ANSWER'],
    [
      'sends several parts',
      () => ({ headers: { 'content-range': '', 'content-type': 'multipart/byteranges; boundary=x' } }),
      'BAD_ANSWER',
    ],
    ['compresses', () => ({ headers: { 'content-encoding': 'deflate' } }), 'BAD_ANSWER'],
  ]
  function answering(how: (got: FileServer['got'][number]) => { range?: string | undefined; headers?: object }) {
    return (server: FileServer): void => {
      server.answers = (got, response) => {
        const { headers = {}, ...rest } = how(got)
        const { writeHead } = response
        response.writeHead = ((status: number) => {
          for (const [name, value] of Object.entries(headers)) {
            if (value === '') response.removeHeader(name)
            else response.setHeader(name, value)
          }
          return writeHead.call(response, status)
        }) as typeof writeHead
        server.serve({ ...got, ...rest }, response)
        return undefined
      }
    }
  }
  test.each(lies)('that %s is not believed', async (_, how, expected) => {
    await using server = await serving()
    await using file = await httpSource(`${server.url}${NAME}`, { retries: 0 })
    answering(how)(server)
    await expect(async () => file.read(0, 100_000)).rejects.toEqual(code(expected))
  })

  test('that breaks off is asked for the rest', async () => {
    await using server = await serving()
    const clock = new SteppedClock()
    await using file = await httpSource(`${server.url}${NAME}`, { clock })
    server.ranges()
    server.answers = (_, response, earlier) => {
      if (earlier > 2) return false
      response.writeHead(206, {
        'content-range': `bytes ${earlier * 100_000}-999999/${large.length}`,
        'content-length': 1_000_000 - earlier * 100_000,
        etag: '"1"',
      })
      response.write(large.subarray(earlier * 100_000, (earlier + 1) * 100_000), () => response.destroy())
      return undefined
    }
    server.got.length = 0
    expectBytes(await file.read(0, 1_000_000), large.subarray(0, 1_000_000))
    expect(server.ranges()).toEqual([0, 100_000, 200_000, 300_000].map((from) => `bytes=${from}-999999`))
    expect(clock.waits).toEqual([200, 200, 200])
  })

  test('that breaks off after its last byte is there', async () => {
    await using server = await serving()
    await using file = await httpSource(`${server.url}${NAME}`, { clock: new SteppedClock() })
    server.ranges()
    server.answers = (_, response) => {
      response.writeHead(206, {
        'content-range': `bytes 0-999999/${large.length}`,
        'transfer-encoding': 'chunked',
        etag: '"1"',
      })
      response.write(large.subarray(0, 1_000_000), () => response.destroy())
      return undefined
    }
    expectBytes(await file.read(0, 1_000_000), large.subarray(0, 1_000_000))
    expect(server.ranges()).toEqual(['bytes=0-999999'])
  })

  test('that is busy is asked again, later and later, but not for ever', async () => {
    await using server = await serving()
    const clock = new SteppedClock()
    server.answers = (_, response) => void response.writeHead(503).end()
    const opening = httpSource(`${server.url}${NAME}`, { clock })
    await expect(opening).rejects.toMatchObject({ code: 'HTTP_STATUS', status: 503, retryable: true })
    expect(clock.waits).toEqual([200, 400, 800, 1600])
    expect(server.got).toHaveLength(5)
  })

  test.each([
    ['7', 7000],
    [new Date(1_700_000_000_000 + 9000).toUTCString(), 9000],
  ])('that says when to come back, in %j, is asked then', async (text, ms) => {
    await using server = await serving()
    const clock = new SteppedClock()
    server.answers = (_, response, earlier) => {
      if (earlier > 0) return false
      response.writeHead(429, { 'retry-after': text }).end()
      return undefined
    }
    await using file = await httpSource(`${server.url}${NAME}`, { clock })
    expect(file.size).toBe(large.length)
    expect(clock.waits).toEqual([ms])
  })

  test('that wants to be asked much later is reported at once', async () => {
    await using server = await serving()
    server.answers = (_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end()
    await expect(httpSource(`${server.url}${NAME}`, { clock: new SteppedClock() })).rejects.toThrow(
      /tried again in 3600 s/,
    )
  })

  test('that does not answer, or stops in between, is not waited for', async () => {
    await using server = await serving()
    const clock = new SteppedClock()
    const options = { clock, retries: 1, connectTimeoutMs: 10_000, idleTimeoutMs: 30_000 }
    server.answers = () => undefined
    await expect(httpSource(`${server.url}${NAME}`, options)).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(clock.waits).toEqual([10_000, 200, 10_000])
    clock.waits.length = 0
    server.answers = (_, response) => {
      const range = `bytes ${large.length - 1000}-${large.length - 1}/${large.length}`
      response.writeHead(206, { 'content-range': range, 'content-length': 1000 })
      response.write(large.subarray(0, 10))
      return undefined
    }
    const stuck = { clock, retries: 1, connectTimeoutMs: 30_000, idleTimeoutMs: 15_000, tailBytes: 1000 }
    await expect(httpSource(`${server.url}${NAME}`, stuck)).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test('that is not there is reported with its address', async () => {
    const { url } = await serving().then(async (server) => {
      await server[Symbol.asyncDispose]()
      return server
    })
    const opening = httpSource(`${url}${NAME}?signature=secret`, { clock: new SteppedClock() })
    await expect(opening).rejects.toThrow(`${url}${NAME}?…: connection refused (ECONNREFUSED)`)
    await expect(opening).rejects.toEqual(code('UNREACHABLE'))
    // Not what `fetch` says of it, which has a stack and no code.
    await expect(opening).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })

  test('on a port that is none for this is reported at once', async () => {
    const clock = new SteppedClock()
    const opening = httpSource(`http://127.0.0.1:1/${NAME}`, { clock })
    await expect(opening).rejects.toThrow(/:1\/.*: requests to this port are refused by this platform \(bad port\)$/)
    await expect(opening).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: false, cause: undefined })
    expect(clock.waits).toEqual([])
  })
})

describe('a redirect', () => {
  test('is followed with the range, and remembered where it is for good', async () => {
    await using server = await serving()
    server.answers = ({ path }, response) => {
      if (path !== '/old') return false
      response.writeHead(301, { location: `/${NAME}` }).end()
      return undefined
    }
    await using file = await httpSource(`${server.url}old`)
    await file.read(0, 10)
    const asked = server.got.map(({ path, range }) => `${path} ${range}`)
    expect(asked).toEqual(['/old bytes=-720896', `/${NAME} bytes=-720896`, `/${NAME} bytes=0-65535`])
  })

  test('to another server does not take credentials along', async () => {
    await using other = await serving()
    await using server = await FileServer.start()
    server.answers = (_, response) => void response.writeHead(302, { location: `${other.url}${NAME}` }).end()
    const address = server.url.replace('//', '//user:p%C3%A4ss@')
    await using file = await httpSource(`${address}${NAME}`, { headers: { 'x-token': 'secret' } })
    expect(file.size).toBe(large.length)
    expect(server.got[0]?.headers).toMatchObject({
      'x-token': 'secret',
      authorization: `Basic ${btoa('user:p\u00c3\u00a4ss')}`,
    })
    expect(other.got[0]?.headers).not.toHaveProperty('x-token')
    expect(other.got[0]?.headers).not.toHaveProperty('authorization')
  })

  test('is not followed round and round, nor to nowhere', async () => {
    await using server = await serving()
    server.answers = (_, response) => void response.writeHead(302, { location: `/${NAME}` }).end()
    await expect(httpSource(`${server.url}${NAME}`)).rejects.toEqual(code('BAD_REDIRECT'))
    expect(server.got).toHaveLength(6)
    server.answers = (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end()
    await expect(httpSource(`${server.url}${NAME}`)).rejects.toEqual(code('BAD_REDIRECT'))
    server.answers = (_, response) => void response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-1' }).end()
    await expect(httpSource(`${server.url}${NAME}`)).rejects.toThrow(/the bucket is in the region "eu-west-1"/)
  })

  test('from https to http is not followed', async () => {
    const fetch = async () => ({
      ...{ status: 302, type: 'default', url: '', body: null },
      headers: new Headers({ location: 'http://a.example/b' }),
    })
    const opening = httpSource('https://a.example/b', { fetch })
    await expect(opening).rejects.toEqual(code('BAD_REDIRECT'))
    await expect(opening).rejects.toBeInstanceOf(LocationError)
  })
})

test.each(['ftp://a/b', 'mainnet.era1', '', 'http://'])('%j is no address', async (text) => {
  await expect(async () => httpSource(text)).rejects.toEqual(code('BAD_ADDRESS'))
})
