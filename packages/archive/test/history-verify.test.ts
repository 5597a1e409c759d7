import type { MemoryObjects } from '@datastreamer/e2store/objects'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type HistoryProgress, verifyHistory } from '../src/index.ts'
import { segmentKey } from '../src/leaf/leaf.ts'
import { nodeCodecs } from '../src/node.ts'
import { historyOfBlocks, plain, plainHistory, TestHistory } from './support/make-history.ts'
import { publicKey } from './support/open-history.ts'

const options = { publicKey, codecs: nodeCodecs }

function change(objects: MemoryObjects, key: string, change: (bytes: Uint8Array) => void): void {
  const object = objects.stored.get(key)
  if (object === undefined) throw new Error(`no ${key}`)
  const bytes = object.bytes.slice()
  change(bytes)
  objects.stored.set(key, { ...object, bytes })
}

test('a sound history, deep and not', async () => {
  const made = await historyOfBlocks(3, 20, { fill: 80_000 })
  const old = made.leaves[2]
  const note = await made.publish()
  if (old?.kind !== 'segment') throw new Error('no segment')
  made.openEpoch(old.start.number)
  await made.add(plain(3))
  await made.publish()
  for (const deep of [false, true]) {
    const seen: HistoryProgress[] = []
    const onProgress = (progress: HistoryProgress): number => seen.push(progress)
    const report = await verifyHistory(made.objects, { ...options, deep, since: note, onProgress })
    expect(report).toMatchObject({ faults: [], size: 6, segments: 4, entries: made.next })
    expect(seen.at(-1)).toEqual({ segments: 4, totalSegments: 4, bytes: report.bytes, totalBytes: report.bytes })
  }
})

test('more than a bundle: tiles and the lookup as well', async () => {
  const made = await plainHistory(600)
  expect(await verifyHistory(made.objects, options)).toMatchObject({ faults: [], size: 601 })
  change(made.objects, 'lookup/601', (bytes) => {
    bytes[60] = (bytes[60] ?? 0) ^ 1
  })
  change(made.objects, 'tile/0/001', (bytes) => {
    bytes[60] = (bytes[60] ?? 0) ^ 1
  })
  made.objects.stored.delete('tile/0/000')
  const { faults } = await verifyHistory(made.objects, options)
  expect(faults.map(({ code, key }) => `${code} ${key}`).sort()).toEqual([
    'MISSING tile/0/000',
    'WRONG_CONTENT lookup/601',
    'WRONG_CONTENT tile/0/001',
  ])
})

describe('what is wrong', () => {
  let made: TestHistory
  let good: Map<string, Parameters<MemoryObjects['stored']['set']>[1]>
  const segmentAt = (index: number): string => {
    const leaf = made.leaves[index]
    return leaf?.kind === 'segment' ? segmentKey(leaf) : ''
  }
  beforeAll(async () => {
    made = await plainHistory(5)
    good = new Map(made.objects.stored)
  })
  beforeEach(() => {
    for (const [key, object] of good) made.objects.stored.set(key, object)
  })

  test('segments that are missing, or have a byte changed anywhere', async () => {
    made.objects.stored.delete(segmentAt(2))
    const length = made.objects.stored.get(segmentAt(4))?.bytes.length ?? 0
    for (let at = 0; at < length; at += 7) {
      change(made.objects, segmentAt(4), (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 16
      })
      const { faults } = await verifyHistory(made.objects, options)
      expect(faults.map(({ code, key }) => [code, key])).toEqual([
        ['MISSING', segmentAt(2)],
        ['WRONG_CONTENT', segmentAt(4)],
      ])
    }
  })

  test('leaves that do not lead to the root: nothing else can be said', async () => {
    change(made.objects, 'tile/entries/000.p/6', (bytes) => {
      bytes[100] = (bytes[100] ?? 0) ^ 1
    })
    const { faults, segments } = await verifyHistory(made.objects, options)
    expect(faults).toMatchObject([{ code: 'WRONG_CONTENT', key: 'tile/entries/000.p/6' }])
    expect(segments).toBe(0)
  })

  test('a checkpoint that was seen before and is not continued', async () => {
    const other = new TestHistory()
    for (let i = 0; i < 3; i++) await other.add(plain(2, 'other'))
    const since = await other.publish()
    expect((await verifyHistory(made.objects, { ...options, since })).faults).toMatchObject([{ code: 'FORKED' }])
    for (let i = 0; i < 5; i++) await other.add(plain(2, 'other'))
    const later = await other.publish()
    const { faults } = await verifyHistory(made.objects, { ...options, since: later })
    expect(faults).toMatchObject([{ code: 'LATE', notes: [later, expect.anything()] }])
  })

  test('what a publisher should not have signed', async () => {
    const wrong = new TestHistory()
    await wrong.add(plain(3))
    const leaf = await wrong.add(plain(3))
    // The leaf says another digest than its segment.
    const digest = leaf.end.digest.slice()
    digest[0] = (digest[0] ?? 0) ^ 1
    wrong.leaves[2] = { ...leaf, end: { ...leaf.end, digest } }
    await wrong.publish()
    const { faults } = await verifyHistory(wrong.objects, options)
    expect(faults).toMatchObject([{ code: 'WRONG_CONTENT', key: segmentKey(leaf) }])
    // A gap.
    wrong.leaves.splice(1, 1)
    wrong.leaves[1] = leaf
    await wrong.publish()
    expect((await verifyHistory(wrong.objects, options)).faults).toMatchObject([{ code: 'BROKEN_CHAIN' }])
  })

  test('a checkpoint that nobody vouches for ends the work', async () => {
    change(made.objects, 'checkpoint', (bytes) => {
      bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1
    })
    await expect(verifyHistory(made.objects, options)).rejects.toMatchObject({ name: 'HistoryError' })
    made.objects.stored.delete('checkpoint')
    await expect(verifyHistory(made.objects, options)).rejects.toMatchObject({ code: 'NO_HISTORY' })
  })
})

test('digests that were counted wrong are only found in depth', async () => {
  const made = new TestHistory()
  await made.add(plain(3))
  const start = made.leaves.at(-1)
  if (start?.kind !== 'segment') throw new Error('no segment')
  const false1 = await made.addWrong(plain(3))
  await made.publish()
  expect((await verifyHistory(made.objects, options)).faults).toEqual([])
  const { faults } = await verifyHistory(made.objects, { ...options, deep: true })
  expect(faults).toMatchObject([{ code: 'WRONG_CONTENT', key: segmentKey(false1) }])
})
