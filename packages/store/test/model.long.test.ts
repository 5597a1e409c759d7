import { test } from 'vitest'
import { checkModel } from './model/check.ts'

const RUNS = Number(process.env.LONG_RUNS ?? 3000)
const SEED = process.env.LONG_SEED === undefined ? undefined : Number(process.env.LONG_SEED)

test(`${RUNS} sequences of calls on a simulated disk`, async () => {
  await checkModel({ world: 'simulated', runs: RUNS, calls: 120, seed: SEED })
})

test(`${RUNS / 20} sequences of calls on the disk of this machine`, async () => {
  await checkModel({ world: 'real', runs: RUNS / 20, calls: 120, seed: SEED })
})
