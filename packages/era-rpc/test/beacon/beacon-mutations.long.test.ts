import { expect, test } from 'vitest'
import { runMutations } from './support/mutations.ts'
import { ownChain } from './support/own-chain.ts'

const COUNT = Number(process.env.LONG_MUTATIONS ?? 100_000)
const SEED = Number(process.env.LONG_SEED ?? 1)

test('nothing wrong is answered from changed files', async () => {
  const chain = await ownChain({ eras: 3, isEmpty: (slot) => slot % 9 === 4 || slot === 128 })
  const { right, refused } = await runMutations(chain, COUNT, SEED)
  process.stdout.write(`${COUNT} mutations: ${right} right answers, ${refused} refused\n`)
  expect(right).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
})
