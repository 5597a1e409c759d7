import { expect, test } from 'vitest'
import { runMutations } from './support/mutations.ts'
import { ownChain } from './support/own-chain.ts'

test('nothing wrong is answered from changed files', async () => {
  const chain = await ownChain({ eras: 3, isEmpty: (slot) => slot % 9 === 4 || slot === 128 })
  const { right, refused } = await runMutations(chain, 250, 1)
  expect(right).toBeGreaterThan(200)
  expect(refused).toBeGreaterThan(100)
})
