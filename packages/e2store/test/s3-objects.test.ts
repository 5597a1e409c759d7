import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { s3Objects } from '../src/objects.ts'
import { type BucketAnswers, BucketServer, fail } from './support/bucket-server.ts'
import { expectBytes } from './support/expect-bytes.ts'
import { someBytes } from './support/file-server.ts'
import { code, IMMUTABLE, MUTABLE } from './support/objects.ts'
import { signature } from './support/s3-signature.ts'
import { SteppedClock } from './support/stepped-clock.ts'

const bytes = someBytes(1000)
const PATH = '/bkt/log/a'

function objectsOf(server: BucketServer, options: Parameters<typeof s3Objects>[1] = {}) {
  return s3Objects('s3://bkt/log', { endpoint: server.endpoint, clock: new SteppedClock(), ...options })
}

test('what is stored says how it is to be served, and is signed with its hash', async () => {
  const credentials = { accessKeyId: 'ID', secretAccessKey: 'a secret', sessionToken: 'token' }
  await using server = await BucketServer.start()
  server.answers = (got, response) =>
    got.headers.authorization === signature(got, credentials.secretAccessKey)
      ? false
      : fail(response, 403, 'SignatureDoesNotMatch')
  const objects = objectsOf(server, { credentials })
  await objects.put('tile/ü (1)+%', bytes, IMMUTABLE)
  await objects.put('checkpoint', new Uint8Array(0), MUTABLE)
  const [tile, checkpoint] = server.got
  expect(tile?.headers).toMatchObject({
    'cache-control': IMMUTABLE.cacheControl,
    'content-type': IMMUTABLE.contentType,
    'content-length': '1000',
    'if-none-match': '*',
    'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex'),
  })
  expect(tile?.path).toBe('/bkt/log/tile/%C3%BC%20%281%29%2B%25')
  expect(checkpoint?.headers).toMatchObject({
    'cache-control': MUTABLE.cacheControl,
    'content-type': MUTABLE.contentType,
    'content-length': '0',
    'x-amz-content-sha256': createHash('sha256').digest('hex'),
  })
  expect(checkpoint?.headers).not.toHaveProperty('if-none-match')
  expectBytes(await objects.get('tile/ü (1)+%', { maxBytes: 1000 }), bytes)
  const wrong = objectsOf(server, { credentials: { ...credentials, secretAccessKey: 'x' } })
  await expect(wrong.put('b', bytes, IMMUTABLE)).rejects.toThrow(/denied \(status 403, SignatureDoesNotMatch\)/)
})

describe('an immutable object', () => {
  test('that is there is compared', async () => {
    await using server = await BucketServer.start()
    const objects = objectsOf(server)
    await objects.put('a', bytes, IMMUTABLE)
    expect(server.methods()).toEqual(['PUT*'])
    await objects.put('a', bytes, IMMUTABLE)
    expect(server.methods()).toEqual(['PUT*', 'GET'])
    await expect(
      objects.put(
        'a',
        bytes.map((byte) => byte ^ 1),
        IMMUTABLE,
      ),
    ).rejects.toThrow(/log\/a: another content .* from byte 0 on/)
    await expect(objects.put('a', bytes.subarray(1), IMMUTABLE)).rejects.toThrow(/more than 999 bytes/)
    await expect(objects.put('a', someBytes(1001), IMMUTABLE)).rejects.toThrow(/1000 bytes, not 1001/)
    await expect(objects.put('a', new Uint8Array(0), IMMUTABLE)).rejects.toEqual(code('CONFLICT'))
    expectBytes(server.stored.get(PATH), bytes)
  })

  test('whose answer was lost is found', async () => {
    await using server = await BucketServer.start()
    server.answers = ({ path, body }, response, earlier) => {
      if (earlier > 0) return false
      server.stored.set(path, body)
      response.destroy()
      return undefined
    }
    await objectsOf(server).put('a', bytes, IMMUTABLE)
    expect(server.methods()).toEqual(['PUT*', 'PUT*', 'GET'])
  })

  test('that goes away when it is compared is reported', async () => {
    await using server = await BucketServer.start()
    server.answers = ({ method }, response) => (method === 'PUT' ? fail(response, 412, 'PreconditionFailed') : false)
    await expect(objectsOf(server).put('a', bytes, IMMUTABLE)).rejects.toMatchObject({
      ...{ code: 'BAD_ANSWER', retryable: true },
    })
  })

  test('that others store too is tried again', async () => {
    await using server = await BucketServer.start()
    server.answers = (_, response, earlier) => (earlier < 2 ? fail(response, 409, 'ConditionalRequestConflict') : false)
    await objectsOf(server).put('a', bytes, IMMUTABLE)
    expect(server.methods()).toEqual(['PUT*', 'PUT*', 'PUT*'])
    server.answers = (_, response) => fail(response, 409, 'ConditionalRequestConflict')
    await expect(objectsOf(server).put('b', bytes, IMMUTABLE)).rejects.toMatchObject({
      ...{ code: 'HTTP_STATUS', status: 409, retryable: true },
    })
  })

  test.each([
    [501, 'NotImplemented'],
    [400, 'InvalidArgument'],
  ])('is stored without the condition where that is refused with %i', async (status, named) => {
    await using server = await BucketServer.start()
    server.answers = ({ headers }, response) =>
      headers['if-none-match'] === undefined ? false : fail(response, status, named)
    const objects = objectsOf(server)
    await objects.put('a', bytes, IMMUTABLE)
    expect(server.methods()).toEqual(['PUT*', 'PUT'])
    await objects.put('b', bytes, IMMUTABLE)
    expect(server.methods()).toEqual(['PUT'])
  })

  test('keeps the condition when something else is refused', async () => {
    await using server = await BucketServer.start()
    const objects = objectsOf(server)
    server.answers = (_, response) => fail(response, 400, 'InvalidDigest')
    await expect(objects.put('a', bytes, IMMUTABLE)).rejects.toThrow(/status 400, InvalidDigest/)
    server.answers = () => false
    server.methods()
    await objects.put('a', bytes, IMMUTABLE)
    expect(server.methods()).toEqual(['PUT*'])
    // A connection that the service gave up is no refusal.
    server.answers = (_, response, earlier) => (earlier === 0 ? fail(response, 400, 'RequestTimeout') : false)
    await objects.put('b', bytes, IMMUTABLE)
    expect(server.methods()).toEqual(['PUT*', 'PUT*'])
  })
})

describe('storing', () => {
  test.each([200, 201, 204])('is done with status %i', async (status) => {
    await using server = await BucketServer.start()
    server.answers = (_, response) => void response.writeHead(status).end()
    await objectsOf(server).put('a', bytes, MUTABLE)
    expect(server.methods()).toEqual(['PUT'])
  })

  test('is tried again, as long as it may work', async () => {
    await using server = await BucketServer.start()
    const clock = new SteppedClock()
    const objects = objectsOf(server, { clock })
    server.answers = (_, response, earlier) => {
      if (earlier === 0) return void response.writeHead(503, { 'retry-after': '3' }).end()
      return earlier === 1 ? void response.destroy() : false
    }
    await objects.put('a', bytes, MUTABLE)
    expectBytes(server.stored.get(PATH), bytes)
    expect(clock.waits).toEqual([3000, 400])
    server.answers = (_, response) => fail(response, 500, 'InternalError')
    await expect(objects.put('b', bytes, MUTABLE)).rejects.toMatchObject({ code: 'HTTP_STATUS', status: 500 })
    expect(server.got.filter(({ path }) => path === '/bkt/log/b')).toHaveLength(5)
    server.answers = (_, response) => fail(response, 403, 'AccessDenied')
    await expect(objects.put('c', bytes, MUTABLE)).rejects.toEqual(code('DENIED'))
    expect(server.got.filter(({ path }) => path === '/bkt/log/c')).toHaveLength(1)
    server.answers = (_, response) => fail(response, 404, 'NoSuchBucket')
    await expect(objects.put('d', bytes, IMMUTABLE)).rejects.toThrow(/NoSuchBucket/)
  })

  test('goes nowhere else', async () => {
    await using server = await BucketServer.start()
    await using other = await BucketServer.start()
    const answers = (headers: Readonly<Record<string, string>>): BucketAnswers => {
      return (_, response) => void response.writeHead(307, headers).end()
    }
    server.answers = answers({ location: `${other.endpoint}/bkt/log/a?X-Secret=1` })
    await expect(objectsOf(server).put('a', bytes, MUTABLE)).rejects.toMatchObject({
      ...{ code: 'BAD_REDIRECT', message: expect.stringMatching(/not stored, redirected to http:.*\/bkt\/log\/a\?…$/) },
    })
    server.answers = answers({ 'x-amz-bucket-region': 'eu-west-3' })
    await expect(objectsOf(server).put('a', bytes, MUTABLE)).rejects.toThrow(/redirected to the region "eu-west-3"/)
    server.answers = answers({})
    await expect(objectsOf(server).put('a', bytes, MUTABLE)).rejects.toThrow(/redirected to nowhere/)
    expect(other.got).toEqual([])
  })

  test('that takes too long is over before it is tried again', async () => {
    await using server = await BucketServer.start()
    let onDeadline = (): void => undefined
    const stepped = new SteppedClock()
    const clock = {
      now: () => stepped.now(),
      random: () => 1,
      after: (ms: number, work: () => void) => {
        if (ms < 20_000) return stepped.after(ms, work)
        onDeadline = work
        return () => undefined
      },
    }
    const closed: Promise<unknown>[] = []
    server.answers = async (_, response, earlier) => {
      await Promise.all(closed)
      if (earlier === 2) return false
      closed.push(once(response, 'close'))
      onDeadline()
      return undefined
    }
    await objectsOf(server, { clock }).put('a', bytes, MUTABLE)
    expect(server.methods()).toEqual(['PUT', 'PUT', 'PUT'])
    expect(closed).toHaveLength(2)
  })

  test('has the time that its bytes take', async () => {
    const deadlines: number[] = []
    const clock = Object.assign(new SteppedClock(), {
      after: (ms: number) => {
        deadlines.push(ms)
        return () => undefined
      },
    })
    const fetch = async (url: string) => ({
      ...{ status: 200, type: 'default', url, body: null },
      headers: new Headers(),
    })
    const objects = s3Objects('s3://bucket/log', { clock, fetch, connectTimeoutMs: 1000 })
    await objects.put('a', new Uint8Array(65_536_000), MUTABLE)
    await objects.get('a', { maxBytes: 10 })
    expect(deadlines).toEqual([1_001_000, 1000])
  })

  test('ends with its signal', async () => {
    await using server = await BucketServer.start()
    const life = new AbortController()
    server.answers = async (_, response) => {
      life.abort(new Error('enough'))
      await once(response, 'close')
      return undefined
    }
    const put = objectsOf(server).put('a', bytes, { ...IMMUTABLE, signal: life.signal })
    await expect(put).rejects.toThrow('enough')
  })
})

test('who may not list a bucket learns what may be wrong', async () => {
  await using server = await BucketServer.start()
  server.answers = (_, response) => fail(response, 403, 'AccessDenied')
  const objects = objectsOf(server)
  for (const reading of [objects.get('a', { maxBytes: 10 }), objects.getRange('a', 0, 10)]) {
    await expect(reading).rejects.toMatchObject({
      ...{ code: 'DENIED', status: 403, message: expect.stringMatching(/AccessDenied.*s3:ListBucket/) },
    })
  }
})
