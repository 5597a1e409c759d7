import { LocationError } from '@datastreamer/e2store/location'
import type { MemoryObjects } from '@datastreamer/e2store/objects'
import { flipBits, randomFrom } from '@datastreamer/fixtures/random'
import { formatVerifierKey, generateSignerKey } from '@datastreamer/format/signing'
import { beforeAll, describe, expect, test } from 'vitest'
import { segmentKey } from '../src/leaf/leaf.ts'
import { historyOfBlocks, key, plainHistory, TestHistory } from './support/make-history.ts'
import { collect, opened, publicKey, readsOf } from './support/open-history.ts'

/** Another copy of the objects. */
function copyOf(made: TestHistory, name: string): MemoryObjects {
  const copy = new TestHistory({ name }).objects
  for (const [path, object] of made.objects.stored) copy.stored.set(path, object)
  return copy
}

/** The key of the segment after so many leaves. */
function segmentAt({ leaves }: TestHistory, index: number): string {
  const leaf = leaves[index]
  if (leaf?.kind !== 'segment') throw new Error(`leaf ${index} is no segment`)
  return segmentKey(leaf)
}

function damage(objects: MemoryObjects, path: string, at?: number): void {
  const object = objects.stored.get(path)
  if (object === undefined) throw new Error(`no ${path}`)
  const bytes = object.bytes.slice()
  if (at === undefined) flipBits(bytes, randomFrom(1))
  else bytes[at] = (bytes[at] ?? 0) ^ 1
  objects.stored.set(path, { ...object, bytes })
}

describe('something that is not there', () => {
  test('for a while', async () => {
    const made = await plainHistory(3)
    const path = segmentAt(made, 2)
    const object = made.objects.stored.get(path)
    const { history, notices } = await opened(made)
    let tries = 0
    made.objects.onCall = (call) => {
      if (call.key !== path) return
      if (++tries <= 3) made.objects.stored.delete(path)
      else if (object !== undefined) made.objects.stored.set(path, object)
    }
    expect(await collect(history.entries())).toEqual(made.entries)
    expect(tries).toBe(4)
    expect(notices).toMatchObject(Array(3).fill({ code: 'RETRIED', key: path }))
  })

  test('at all: the error names it, and may pass', async () => {
    const made = await plainHistory(3)
    const path = segmentAt(made, 2)
    made.objects.stored.delete(path)
    const { history } = await opened(made, { missingRetries: 2 })
    const reads = readsOf(made)
    const error = { name: 'HistoryError', code: 'MISSING', key: path, retryable: true }
    await expect(history.entry(10)).rejects.toMatchObject(error)
    expect(reads()).toEqual([path, path, path])
    const read: unknown[] = []
    const reading = async (): Promise<void> => {
      for await (const entry of history.entries()) read.push(entry)
    }
    await expect(reading()).rejects.toMatchObject(error)
    expect(read).toEqual(made.entries.slice(0, 9))
  })

  test('no checkpoint: there is no history', async () => {
    const made = new TestHistory()
    await expect(opened(made)).rejects.toMatchObject({ code: 'NO_HISTORY', key: 'checkpoint' })
  })

  test('a partial bundle that was removed: the full one has its leaves', async () => {
    const made = await plainHistory(200)
    const { history } = await opened(made)
    const before = made.entries.slice()
    const note = made.objects.stored.get('checkpoint')
    for (let i = 0; i < 100; i++) await made.add([[{ type: 1, data: new Uint8Array(3) }]])
    await made.publish()
    if (note !== undefined) made.objects.stored.set('checkpoint', note)
    made.objects.stored.delete('tile/entries/000.p/201')
    const reads = readsOf(made)
    const { history: late } = await opened(made)
    expect(reads()).toEqual(['checkpoint', 'tile/entries/000.p/201', 'tile/entries/000'])
    for (const read of [history, late]) expect(await collect(read.entries())).toEqual(before)
  })

  test('a lookup: all bundles are read, with the tiles above them', async () => {
    const made = await plainHistory(600)
    made.objects.stored.delete('lookup/601')
    const reads = readsOf(made)
    const { history, notices } = await opened(made)
    expect(notices).toMatchObject([{ code: 'NO_LOOKUP' }])
    expect(new Set(reads())).toEqual(
      new Set([
        ...['checkpoint', 'lookup/601', 'tile/0/002.p/89', 'tile/1/000.p/2'],
        ...['tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/89'],
      ]),
    )
    expect(await collect(history.entries())).toEqual(made.entries)
    damage(made.objects, 'tile/entries/001', 5000)
    await expect(opened(made)).rejects.toMatchObject({ code: 'WRONG_CONTENT', key: 'tile/entries/001' })
  })
})

describe('something that is wrong', () => {
  let made: TestHistory
  let good: ReadonlyMap<string, MemoryObjects['stored'] extends Map<string, infer T> ? T : never>
  beforeAll(async () => {
    made = await historyOfBlocks(3, 20, { fill: 100_000 })
    good = new Map(made.objects.stored)
  })
  const restore = (): void => {
    for (const [path, object] of good) made.objects.stored.set(path, object)
  }

  test('once: it is read again, past caches', async () => {
    restore()
    const path = segmentAt(made, 1)
    made.objects.onAnswer = (call, found) => {
      if (call.key === path && !call.reload && found !== undefined) found[40] = (found[40] ?? 0) ^ 1
      return found
    }
    const { history, notices } = await opened(made)
    expect((await history.block(3))?.number).toBe(3n)
    expect(notices).toMatchObject([{ code: 'RETRIED', key: path }])
    const reads = made.objects.calls.filter(({ key: name, method }) => name === path && method !== 'put')
    expect(reads.map(({ reload }) => reload)).toEqual([false, true])
    expect(await collect(history.entries())).toEqual(made.entries)
    made.objects.onAnswer = (_, found) => found
  })

  test('at all: the error names it, and does not pass', async () => {
    restore()
    const path = segmentAt(made, 2)
    damage(made.objects, path, 200)
    const { history } = await opened(made)
    const error = { name: 'HistoryError', code: 'WRONG_CONTENT', key: path, retryable: false }
    await expect(history.block(20)).rejects.toMatchObject(error)
    await expect(collect(history.entries())).rejects.toMatchObject(error)
    expect((await history.block(3))?.number).toBe(3n)
  })

  test('a segment that was cut off', async () => {
    restore()
    const path = segmentAt(made, 2)
    const object = made.objects.stored.get(path)
    if (object !== undefined) made.objects.stored.set(path, { ...object, bytes: object.bytes.slice(0, -1) })
    const { history } = await opened(made)
    await expect(history.block(20)).rejects.toMatchObject({ code: 'WRONG_CONTENT', key: path })
  })

  test('a checkpoint that is no note, of another log, or of another key', async () => {
    restore()
    damage(made.objects, 'checkpoint', 90)
    await expect(opened(made)).rejects.toMatchObject({ name: 'HistoryError' })
    restore()
    const other = await generateSignerKey('other.example/log')
    await expect(opened(made, { publicKey: formatVerifierKey(other) })).rejects.toMatchObject({ code: 'OTHER_ORIGIN' })
    const sameName = await generateSignerKey(key.name)
    await expect(opened(made, { publicKey: sameName })).rejects.toMatchObject({ code: 'UNTRUSTED' })
    await opened(made, { publicKey: [formatVerifierKey(sameName), publicKey] })
  })

  test('without a key, nobody vouches for the root: said once', async () => {
    restore()
    const { history, notices } = await opened(made, { publicKey: undefined })
    await history.refresh()
    expect(await collect(history.entries())).toEqual(made.entries)
    expect(notices).toMatchObject([{ code: 'AUTHOR_UNCHECKED' }])
  })
})

describe('a place that does not answer', () => {
  test('its error comes with the reason, and whether it may pass', async () => {
    const made = await plainHistory(3)
    const { history } = await opened(made)
    for (const retryable of [true, false]) {
      const cause = new LocationError(retryable ? 'TIMEOUT' : 'DENIED', 'no', { retryable })
      made.objects.onCall = () => {
        throw cause
      }
      const error = { name: 'HistoryError', code: 'UNREACHABLE', retryable, cause: expect.anything() }
      await expect(history.entry(3)).rejects.toMatchObject(error)
      await expect(history.refresh()).rejects.toMatchObject(error)
    }
    made.objects.onCall = () => undefined
    expect(await history.entry(3)).toEqual(made.entries[3])
  })

  test('what is broken in a program is not hidden', async () => {
    const made = await plainHistory(3)
    const { history } = await opened(made)
    made.objects.onCall = () => {
      throw new TypeError('a mistake')
    }
    await expect(history.entry(3)).rejects.toThrow(TypeError)
  })
})

describe('mirrors', () => {
  test('what one does not have, or has wrong, comes from the next', async () => {
    const made = await historyOfBlocks(6, 10, { fill: 60_000 })
    const [a, b, c] = ['a', 'b', 'c'].map((name) => copyOf(made, name))
    if (a === undefined || b === undefined || c === undefined) return
    a.stored.delete(segmentAt(made, 2))
    damage(a, segmentAt(made, 3), 300)
    damage(b, segmentAt(made, 3), 400)
    b.stored.delete('tile/entries/000.p/7')
    c.onCall = ({ key: name }) => {
      if (name === segmentAt(made, 4)) throw new LocationError('TIMEOUT', 'slow', { retryable: true })
    }
    for (const bases of [
      [a, b, c],
      [b, a, c],
      [c, b, a],
    ]) {
      const { history } = await opened(bases)
      expect(await collect(history.entries())).toEqual(made.entries)
      for (const number of [0, 15, 25, 35, 59]) expect((await history.block(number))?.number).toBe(BigInt(number))
    }
  })

  test('what all have wrong or not at all is an error', async () => {
    const made = await plainHistory(4)
    const [a, b] = [copyOf(made, 'a'), copyOf(made, 'b')]
    const path = segmentAt(made, 2)
    a.stored.delete(path)
    damage(b, path, 100)
    const { history } = await opened([a, b], { missingRetries: 1 })
    await expect(history.entry(10)).rejects.toMatchObject({ code: 'WRONG_CONTENT', key: path })
    b.onCall = () => {
      throw new LocationError('TIMEOUT', 'slow', { retryable: true })
    }
    await expect(history.entry(10)).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: true })
  })

  test('the newest checkpoint of all counts; a mirror that is late is not asked first', async () => {
    const made = await plainHistory(3)
    const late = copyOf(made, 'late')
    await made.add([[{ type: 1, data: new Uint8Array(2) }]])
    await made.publish()
    for (const bases of [
      [late, made.objects],
      [made.objects, late],
    ]) {
      const { history } = await opened(bases)
      expect(await collect(history.entries())).toEqual(made.entries)
    }
    late.onCall = () => {
      throw new LocationError('UNREACHABLE', 'away', { retryable: true })
    }
    const { history, notices } = await opened([late, made.objects])
    expect(notices).toMatchObject([{ code: 'RETRIED', key: 'checkpoint' }])
    expect(await collect(history.entries())).toEqual(made.entries)
  })

  test('two that contradict each other: the log was forked', async () => {
    const [a, b] = [await plainHistory(3), new TestHistory()]
    for (let i = 0; i < 3; i++) await b.add([[{ type: 1, data: new Uint8Array(i) }]])
    await b.publish()
    await expect(opened([a.objects, b.objects])).rejects.toMatchObject({ code: 'FORKED' })
  })
})
