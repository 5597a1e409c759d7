import { test } from 'vitest'
import { publishModels } from './publish-model.ts'

const RUNS = Number(process.env.LONG_RUNS ?? 5000)

test(`${RUNS} random histories are valid at every moment`, async () => {
  await publishModels(RUNS, Number(process.env.LONG_SEED ?? 1))
})
