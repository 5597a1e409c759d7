import { expect, test } from 'vitest'
import { kindsOf, runKind } from './harness.ts'

const COUNT = 6

test.each(['era1', 'ere', 'ere without proofs', 'ere without difficulties', 'ere after the merge', 'erae'] as const)(
  'whatever is changed, nothing wrong is served: %s',
  async (shape) => {
    for (const kind of await kindsOf([shape])) {
      const { right, refused, hiddenLogs, hiddenHashes } = await runKind(kind, { seed: 1, count: COUNT })
      expect(right, kind.name).toBeGreaterThan(COUNT)
      if (kind.change.effect === 'refuses') expect(refused, kind.name).toBeGreaterThan(0)
      if (!kind.change.effect.includes('hides')) expect([hiddenLogs, hiddenHashes], kind.name).toEqual([0, 0])
      // What belongs to another file, or is damaged, is replaced by reading the files.
      if (kind.change.effect === 'none') expect(right, kind.name).toBe(7 * COUNT)
    }
  },
)

test('a block without transactions has no receipts only where its header says so', async () => {
  const kinds = await kindsOf(['ere without difficulties'])
  const [kind] = kinds.filter(({ change }) => change.name === 'records, checksums and index right')
  // Its header has another root of receipts.
  expect(kind && (await runKind(kind, { seed: 133, count: 1 }))).toMatchObject({ mutants: 1, otherHead: 1 })
})

test('without verification the same changes show in what is served', async () => {
  const kinds = (await kindsOf(['era1'])).filter(({ change }) => change.name === 'records, checksums and index right')
  expect(kinds).toHaveLength(1)
  for (const kind of kinds)
    await expect(runKind(kind, { seed: 1, count: 400, only: 'none' })).rejects.toThrow('trust none')
})
