import { LocationError } from '@datastreamer/e2store/location'
import { signerKey } from '@datastreamer/format/signing'
import { describe, expect, test } from 'vitest'
import type { PublishHistoryOptions } from '../../src/publish/publish-options.ts'
import { Crash } from './memory-world.ts'
import { PublishHarness } from './publish-harness.ts'
import { storedZstd } from './stored-zstd.ts'

/** Objects that fail before they do what is asked. */
function failing(
  harness: PublishHarness,
  fail: (method: 'get' | 'put', key: string) => Error | undefined,
): Pick<PublishHistoryOptions, 'destination' | 'state'> {
  const { objects, state } = harness.world.session()
  const check = (method: 'get' | 'put', key: string): void => {
    const error = fail(method, key)
    if (error !== undefined) throw error
  }
  const destination: typeof objects = {
    ...objects,
    async get(key, options) {
      check('get', key)
      return objects.get(key, options)
    },
    async put(key, bytes, options) {
      check('put', key)
      return objects.put(key, bytes, options)
    },
  }
  return { destination, state }
}

const busy = (): LocationError => new LocationError('HTTP_STATUS', 'busy', { retryable: true, retryAfterMs: 7 })

describe('requests that fail', () => {
  test('for a while are made again, each reported', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    let left = 5
    await harness.publish(failing(harness, (_, key) => (key.startsWith('tile') && left-- > 0 ? busy() : undefined)))
    expect(harness.count('failed')).toBe(5)
    expect(harness.events.find(({ kind }) => kind === 'failed')).toMatchObject({
      what: 'put tile/entries/000.p/1',
      error: { message: 'busy' },
    })
    expect((await harness.check()).valid.length).toBeGreaterThan(0)
  })

  test('too often end publishing, if it does not follow; it goes on from there', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    const broken = failing(harness, (_, key) => (key.startsWith('segment') ? busy() : undefined))
    await expect(harness.publish({ ...broken, attempts: 3 })).rejects.toThrow('busy')
    expect(harness.count('failed')).toBe(2)
    expect((await harness.check()).size).toBe(1)
    await harness.publish()
    expect((await harness.check()).valid.length).toBeGreaterThan(0)
  })

  test('for good end it at once', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    const denied = new LocationError('DENIED', 'no')
    await expect(harness.publish(failing(harness, (method) => (method === 'put' ? denied : undefined)))).rejects.toBe(
      denied,
    )
    expect(harness.count('failed')).toBe(0)
  })
})

describe('a crash', () => {
  test('at any write loses nothing, and no leaf or checkpoint of a size is made twice', async () => {
    for (const kind of ['before', 'after', 'late'] as const) {
      for (let crashAt = 0, ended = false; !ended; crashAt++) {
        const harness = new PublishHarness()
        harness.stream.append(60)
        const { objects, state } = harness.world.session({ crashAt, kind })
        await harness.publish({ destination: objects, state }).then(
          () => {
            ended = true
          },
          (error: unknown) => expect(error).toBeInstanceOf(Crash),
        )
        await harness.check()
        // What would be another compressor for whatever was not kept.
        await harness.publish({ zstd: storedZstd(100) })
        await harness.check()
        harness.world.deliver(true)
        await harness.publish({ rest: true, zstd: storedZstd(100) })
        const { valid } = await harness.check()
        expect(Number(valid.at(-1)?.end.number)).toBe(60)
      }
    }
  })
})

describe('the state', () => {
  test('that was lost is made again from the history', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    await harness.publish()
    const { size } = await harness.check()
    harness.world.state = new Map()
    harness.stream.append(60)
    await harness.publish()
    expect(harness.events).toContainEqual(expect.objectContaining({ kind: 'adopted', size, from: 0 }))
    expect((await harness.check()).size).toBeGreaterThan(size)
  })

  test('that was lost is not made again for a stream with other entries, or with less', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    await harness.publish({ rest: true })
    harness.world.state = new Map()
    harness.stream.truncate(30)
    const code = 'FOREIGN_CHECKPOINT'
    await expect(harness.publish()).rejects.toMatchObject({ code, message: expect.stringContaining('before entry 60') })
    harness.stream.append(30)
    await expect(harness.publish()).rejects.toMatchObject({ code, message: expect.stringContaining('other entries') })
  })

  test('of another log, or damaged, is refused', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    await harness.publish()
    const other = [await signerKey('example.org/other', new Uint8Array(32).fill(9))]
    await expect(harness.publish({ keys: other })).rejects.toMatchObject({ code: 'BAD_STATE' })
    for (const name of ['leaves-000000', 'checkpoint']) {
      const bytes = harness.world.state.get(name)?.slice() ?? new Uint8Array(0)
      const damaged = bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte))
      harness.world.state.set(name, damaged)
      await expect(harness.publish()).rejects.toMatchObject({ code: 'BAD_STATE' })
      harness.world.state.set(name, bytes)
    }
    harness.world.state.delete('leaves-000000')
    await expect(harness.publish()).rejects.toMatchObject({ code: 'BAD_STATE' })
  })

  test('of another stream is refused', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    await harness.publish()
    const { stream } = new PublishHarness(1, { systemId: 8n })
    stream.append(60)
    await expect(harness.publish({ source: stream })).rejects.toMatchObject({ code: 'OTHER_STREAM' })
    harness.world.state = new Map()
    await expect(harness.publish({ source: stream })).rejects.toMatchObject({ code: 'OTHER_STREAM' })
  })
})

describe('keys', () => {
  test('a history that another key signs stops publishing; both notes are kept, nothing is written', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    await harness.publish()
    const own = harness.world.objects.get('checkpoint')
    const other = new PublishHarness()
    other.stream.append(30)
    await other.publish({ keys: [await signerKey('example.org/other', new Uint8Array(32).fill(9))] })
    const foreign = other.world.objects.get('checkpoint') ?? new Uint8Array(0)
    harness.world.set('checkpoint', foreign)
    harness.stream.append(60)
    const before = new Map(harness.world.objects)
    await expect(harness.publish()).rejects.toMatchObject({ code: 'FOREIGN_CHECKPOINT' })
    expect(harness.world.objects).toEqual(before)
    const evidence = [...harness.world.state].filter(([name]) => name.startsWith('evidence'))
    expect(new Map(evidence)).toEqual(
      new Map([
        ['evidence-unknown-foreign', foreign],
        ['evidence-unknown-own', own],
      ]),
    )
  })

  test('are replaced: for a while both sign, under one name', async () => {
    const harness = new PublishHarness()
    const [before, after] = [await signerKey('a', new Uint8Array(32).fill(1)), await signerKey('a', new Uint8Array(32))]
    const sizes: number[] = []
    for (const keys of [[before], [before, after], [after]]) {
      harness.stream.append(60)
      await harness.publish({ keys })
      sizes.push(harness.events.findLast((event) => event.kind === 'confirmed')?.size ?? 0)
    }
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    const note = new TextDecoder().decode(harness.world.objects.get('checkpoint'))
    expect(note.split('\n')[1]).toBe(String(sizes.at(-1)))
  })

  test('of two logs are refused, and so is none', async () => {
    const harness = new PublishHarness()
    const [one, two] = [await signerKey('a', new Uint8Array(32)), await signerKey('b', new Uint8Array(32))]
    await expect(harness.publish({ keys: [one, two] })).rejects.toThrow(RangeError)
    await expect(harness.publish({ keys: [] })).rejects.toThrow(RangeError)
  })
})

describe('a history that is behind', () => {
  test('is brought up to date: what it lost is made again', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    await harness.publish()
    const backup = new Map(harness.world.objects)
    harness.stream.append(60)
    await harness.publish()
    const { size } = await harness.check()
    harness.world.objects = backup
    await harness.publish()
    expect(harness.count('rewritten')).toBe(1)
    expect((await harness.check()).size).toBe(size)
    harness.world.objects = new Map()
    await harness.publish()
    expect((await harness.check()).size).toBe(size)
  })

  test('and whose segments cannot be made again has them in a new epoch', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    await harness.publish()
    const backup = new Map(harness.world.objects)
    const { size } = await harness.check()
    harness.stream.append(60)
    await harness.publish({ rest: true })
    harness.world.objects = backup
    await harness.publish({ zstd: storedZstd(100), rest: true })
    const chain = await harness.check()
    expect(chain.last?.epoch).toBe(1)
    expect(chain.valid.filter(({ epoch }) => epoch === 0).length).toBe(size - 1)
    expect(Number(chain.valid.at(-1)?.end.number)).toBe(120)
  })
})

test('a truncation that was not seen is found: an epoch begins at the segment that it touched', async () => {
  const harness = new PublishHarness()
  harness.stream.append(100)
  await harness.publish()
  const before = await harness.check()
  const touched = before.valid[2]
  harness.stream.truncate(Number(touched?.start.number) + 1)
  harness.stream.append(100)
  await harness.publish()
  const chain = await harness.check()
  expect(chain.valid.slice(0, 2)).toEqual(before.valid.slice(0, 2))
  expect(chain.valid[2]).toMatchObject({ epoch: 1, start: touched?.start })
})

test('a signal ends it, and it goes on from there', async () => {
  const harness = new PublishHarness()
  harness.stream.append(100)
  const stop = new AbortController()
  const reason = new Error('stop')
  const { objects, state } = harness.world.session()
  const put = objects.put.bind(objects)
  let left = 8
  objects.put = async (key, bytes, options) => {
    if (left-- === 0) stop.abort(reason)
    await put(key, bytes, options)
  }
  await expect(harness.publish({ destination: objects, state, signal: stop.signal })).rejects.toBe(reason)
  await harness.check()
  await harness.publish({ rest: true })
  expect(Number((await harness.check()).valid.at(-1)?.end.number)).toBe(100)
})
