import { test } from 'vitest'
import { publishModels } from './publish-model.ts'

const RUNS = 50

test(`${RUNS} random histories are valid at every moment`, async () => {
  await publishModels(RUNS, Number(process.env.TEST_SEED))
}, 120_000)
