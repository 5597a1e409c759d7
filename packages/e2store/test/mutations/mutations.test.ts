import { expect, test } from 'vitest'
import { runKind } from './harness.ts'
import { allKinds } from './kinds.ts'

const kinds = await allKinds()

test.each(kinds)('mutations of $name are rejected or harmless', async (kind) => {
  const count = Math.ceil(100 * (kind.weight ?? 1))
  const { rejected, unharmed } = await runKind(kind, { seed: 1, count })
  expect(rejected + unharmed).toBe(count)
  expect(rejected).toBeGreaterThan(0)
})
