import { expect, test } from 'vitest'
import { madeChains, runMutations } from './support/mutations.ts'

test('nothing wrong is answered from changed files', async () => {
  const { right, refused } = await runMutations(await madeChains(), 250, 1)
  expect(right).toBeGreaterThan(200)
  expect(refused).toBeGreaterThan(100)
})
