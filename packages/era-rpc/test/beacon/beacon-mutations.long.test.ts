import { expect, test } from 'vitest'
import { madeChains, runMutations } from './support/mutations.ts'

const COUNT = Number(process.env.LONG_MUTATIONS ?? 100_000)
const SEED = Number(process.env.LONG_SEED ?? 1)

test('nothing wrong is answered from changed files', async () => {
  const { right, refused } = await runMutations(await madeChains(), COUNT, SEED)
  process.stdout.write(`${COUNT} mutations: ${right} right answers, ${refused} refused\n`)
  expect(right).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
})
