import { randomFrom } from '@datastreamer/fixtures/random'
import { beforeAll, expect, test } from 'vitest'
import { decodeLookup, encodeLookup, type LookupRow, NO_NUMBER } from '../src/leaf/lookup.ts'
import { askAll, largeSubject, restore, type Subject, smallSubject, tryMutations } from './support/mutations.ts'
import { opened } from './support/open-history.ts'

const SEED = Number(process.env.TEST_SEED)

let [small, large]: Subject[] = []
beforeAll(async () => {
  small = await smallSubject()
  large = await largeSubject()
})

test.each([
  ['a bundle of leaves', () => small, 300],
  ['more than a bundle', () => large, 200],
] as const)('of %s, whatever is changed, nothing wrong is given as verified', async (_, subject, count) => {
  const { unnoticed, refused } = await tryMutations(subject() as Subject, count, SEED)
  expect(refused).toBeGreaterThan(count / 5)
  expect(unnoticed).toBeGreaterThan(0)
})

test('numbers of a lookup that are wrong change no answer', async () => {
  if (large === undefined) throw new Error('no history')
  restore(large)
  const { stored } = large.made.objects
  const size = large.made.leaves.length
  const key = `lookup/${size}`
  const object = stored.get(key)
  if (object === undefined) throw new Error(`no ${key}`)
  const lookup = decodeLookup(object.bytes, size, key)
  const random = randomFrom(SEED)
  await askAll(large, (await opened(large.made)).history, random)
  for (const [at, row] of lookup.rows.entries()) {
    for (const field of ['entry', 'block', 'batch', 'time'] as const) {
      for (const value of [0n, 1n, row[field] + 1n, 150n, NO_NUMBER - 1n, NO_NUMBER]) {
        const rows: readonly LookupRow[] = lookup.rows.with(at, { ...row, [field]: value })
        stored.set(key, { ...object, bytes: encodeLookup({ ...lookup, rows }) })
        await askAll(large, (await opened(large.made)).history, random)
      }
    }
  }
})
