import { randomFrom } from '@datastreamer/fixtures/random'
import { beforeAll, expect, test } from 'vitest'
import { decodeLookup, type LookupRow, NO_NUMBER } from '../src/leaf/lookup.ts'
import {
  askAll,
  forgedLookups,
  largeSubject,
  putLookup,
  restore,
  type Subject,
  smallSubject,
  tryMutations,
} from './support/mutations.ts'

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
  const subject = large as Subject
  restore(subject)
  const { objects, leaves } = subject.made
  const key = `lookup/${leaves.length}`
  const lookup = decodeLookup(objects.stored.get(key)?.bytes ?? new Uint8Array(0), leaves.length, key)
  const random = randomFrom(SEED)
  expect(await askAll(subject, random)).toBe(0)
  for (const [at, row] of lookup.rows.entries()) {
    for (const field of ['entry', 'block', 'batch', 'time'] as const) {
      for (const value of [0n, 1n, row[field] + 1n, 150n, NO_NUMBER - 1n, NO_NUMBER]) {
        const rows: readonly LookupRow[] = lookup.rows.with(at, { ...row, [field]: value })
        putLookup(subject, { ...lookup, rows })
        expect(await askAll(subject, random)).toBe(0)
      }
    }
  }
})

test.each(['its own', 'the other'] as const)(
  "a lookup that is partly of another log, with %s log's leaves",
  async (whose) => {
    const subject = large as Subject
    const random = randomFrom(SEED)
    for (const lookup of forgedLookups(subject, random)) {
      restore(subject)
      putLookup(subject, lookup)
      if (whose === 'the other') {
        for (const [key, object] of subject.forged) {
          if (key.startsWith('tile/')) subject.made.objects.stored.set(key, object)
        }
      }
      const refused = await askAll(subject, random)
      if (whose === 'its own') expect(refused).toBe(0)
      else expect(refused).toBeGreaterThan(0)
    }
  },
)
