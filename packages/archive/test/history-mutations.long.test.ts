import { test } from 'vitest'
import { largeSubject, smallSubject, tryMutations } from './support/mutations.ts'

const RUNS = Number(process.env.LONG_RUNS ?? 100_000)
const SEED = Number(process.env.LONG_SEED ?? 1)

test.each([
  ['a bundle of leaves', smallSubject, Math.ceil(RUNS * 0.8)],
  ['more than a bundle', largeSubject, Math.ceil(RUNS * 0.2)],
] as const)('of %s, whatever is changed, nothing wrong is given as verified', async (what, make, count) => {
  const seen = await tryMutations(await make(), count, SEED)
  console.log(`${what}: ${count} changes, ${seen.refused} refused, ${seen.unnoticed} of nothing that was asked for`)
})
