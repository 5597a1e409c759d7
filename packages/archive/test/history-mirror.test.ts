import { LocationError } from '@datastreamer/e2store/location'
import { folderObjects } from '@datastreamer/e2store/node'
import { type MemoryObjects, memoryObjects } from '@datastreamer/e2store/objects'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { mirrorHistory, verifyHistory } from '../src/index.ts'
import { segmentKey } from '../src/leaf/leaf.ts'
import { nodeCodecs } from '../src/node.ts'
import { plain, plainHistory, TestHistory } from './support/make-history.ts'
import { collect, opened, publicKey } from './support/open-history.ts'

const options = { publicKey, codecs: nodeCodecs, missingRetries: 0 }

function keyAt({ leaves }: TestHistory, index: number): string {
  const leaf = leaves[index]
  if (leaf?.kind !== 'segment') throw new Error(`leaf ${index} is no segment`)
  return segmentKey(leaf)
}

test('a copy has the same objects, and is as sound; another time only what is new is copied', async () => {
  const made = await plainHistory(4)
  const to = memoryObjects()
  expect(await mirrorHistory(made.objects, to, options)).toMatchObject({
    isPublished: true,
    copied: 4,
    kept: 0,
    gaps: [],
  })
  for (const [key, { bytes }] of made.objects.stored) expect(to.stored.get(key)?.bytes, key).toEqual(bytes)
  expect(to.stored.size).toBe(made.objects.stored.size)
  expect(to.stored.get('checkpoint')).toMatchObject({ cacheControl: 'no-cache' })
  expect(to.stored.get(keyAt(made, 1))).toMatchObject({
    kind: 'immutable',
    cacheControl: 'public, max-age=31536000, immutable',
  })
  made.openEpoch(18n)
  await made.add(plain(2, 'new'))
  await made.publish()
  const before = to.calls.length
  expect(await mirrorHistory(made.objects, to, options)).toMatchObject({ isPublished: true, copied: 1, kept: 0 })
  const keys = to.calls.slice(before).map(({ key }) => key)
  expect(keys).not.toContain(keyAt(made, 1))
  expect((await verifyHistory(to, options)).faults).toEqual([])
  expect(await mirrorHistory(made.objects, to, { ...options, recheck: true })).toMatchObject({ copied: 0, kept: 5 })
})

test('more than a bundle', async () => {
  const made = await plainHistory(270)
  const to = memoryObjects()
  await mirrorHistory(made.objects, to, options)
  for (const [key, { bytes }] of made.objects.stored) expect(to.stored.get(key)?.bytes, key).toEqual(bytes)
  expect((await verifyHistory(to, { ...options, deep: true })).faults).toEqual([])
})

test('into a folder', async () => {
  using dir = tempDir()
  const made = await plainHistory(3)
  const to = folderObjects(dir.join('copy'))
  expect(await mirrorHistory(made.objects, to, options)).toMatchObject({ isPublished: true })
  expect(await mirrorHistory(made.objects, to, { ...options, recheck: true })).toMatchObject({ copied: 0, kept: 3 })
  const { history } = await opened([to])
  expect(await collect(history.entries())).toEqual(made.entries)
})

test('the checkpoint comes last; an interrupted copying goes on where it was', async () => {
  const made = await plainHistory(12)
  let puts = 0
  for (let end = 0; ; end += 3) {
    const to = memoryObjects()
    puts = 0
    to.onCall = ({ method }) => {
      if (method === 'put' && puts++ >= end) throw new LocationError('DENIED', 'full')
    }
    const isWhole = await mirrorHistory(made.objects, to, options).then(
      () => true,
      () => false,
    )
    if (isWhole) break
    expect(to.stored.has('checkpoint')).toBe(false)
    const order = [...to.stored.keys()].map((key) => (key.startsWith('segment/') ? 0 : key.startsWith('tile/') ? 1 : 2))
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    to.onCall = () => undefined
    const had = [...to.stored.keys()].filter((key) => key.startsWith('segment/')).length
    expect(await mirrorHistory(made.objects, to, options)).toMatchObject({
      isPublished: true,
      kept: had,
      copied: 12 - had,
    })
  }
  expect(puts).toBeGreaterThan(12)
})

test('gaps are reported, and then there is no checkpoint', async () => {
  const made = await plainHistory(5)
  const object = made.objects.stored.get(keyAt(made, 3))
  made.objects.stored.delete(keyAt(made, 2))
  if (object !== undefined) made.objects.stored.set(keyAt(made, 3), { ...object, bytes: object.bytes.slice(1) })
  const to = memoryObjects()
  const report = await mirrorHistory(made.objects, to, options)
  expect(report).toMatchObject({ isPublished: false, copied: 3 })
  expect(report.gaps.map(({ code, key }) => [code, key])).toEqual([
    ['MISSING', keyAt(made, 2)],
    ['WRONG_CONTENT', keyAt(made, 3)],
  ])
  expect(to.stored.has('checkpoint')).toBe(false)
})

test('what is damaged in a copy is replaced', async () => {
  const made = await plainHistory(3)
  const to = memoryObjects()
  await mirrorHistory(made.objects, to, options)
  for (const key of [keyAt(made, 1), keyAt(made, 2), 'tile/entries/000.p/4', 'tile/0/000.p/4']) {
    const object = to.stored.get(key)
    if (object !== undefined) to.stored.set(key, { ...object, bytes: Uint8Array.of(1, ...object.bytes) })
  }
  expect(await mirrorHistory(made.objects, to, { ...options, recheck: true })).toMatchObject({ copied: 2, kept: 1 })
  expect((await verifyHistory(to, options)).faults).toEqual([])
})

test('from several copies, each with something else', async () => {
  const made = await plainHistory(4)
  const [a, b] = [memoryObjects({ name: 'a' }), memoryObjects({ name: 'b' })]
  for (const objects of [a, b]) for (const [key, object] of made.objects.stored) objects.stored.set(key, object)
  a.stored.delete(keyAt(made, 1))
  b.stored.delete(keyAt(made, 2))
  expect(await mirrorHistory([a, b], memoryObjects(), options)).toMatchObject({ isPublished: true, copied: 4 })
})

test('a copy never goes back, and never becomes another log', async () => {
  const made = await plainHistory(4)
  const to = memoryObjects()
  await mirrorHistory(made.objects, to, options)
  const note = copyOfNote(to)
  await made.publish(3)
  await expect(mirrorHistory(made.objects, to, options)).rejects.toMatchObject({ code: 'LATE' })
  const other = new TestHistory()
  for (let i = 0; i < 9; i++) await other.add(plain(2, 'other'))
  await other.publish()
  await expect(mirrorHistory(other.objects, to, options)).rejects.toMatchObject({ code: 'FORKED' })
  expect(copyOfNote(to)).toEqual(note)
  to.stored.set('checkpoint', { bytes: Uint8Array.of(1, 2), kind: 'mutable', cacheControl: '', contentType: '' })
  await made.publish()
  await expect(mirrorHistory(made.objects, to, options)).rejects.toMatchObject({ name: 'NoteError' })
})

test('another one that copied more meanwhile is not set back', async () => {
  const made = await plainHistory(4)
  const to = memoryObjects()
  const more = new TestHistory()
  for (let i = 0; i < 4; i++) await more.add(plain(3, `${i}`))
  await more.add(plain(3, 'more'))
  await more.publish()
  to.onCall = async ({ method, key }) => {
    if (method !== 'put' || !key.startsWith('tile/0')) return
    to.onCall = () => undefined
    await mirrorHistory(more.objects, to, options)
  }
  await expect(mirrorHistory(made.objects, to, options)).rejects.toMatchObject({ code: 'LATE' })
  expect(await collect((await opened([to])).history.entries())).toEqual(more.entries)
})

function copyOfNote(objects: MemoryObjects): Uint8Array | undefined {
  return objects.stored.get('checkpoint')?.bytes
}
