import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { historiesOf, playAllDeaths } from './sim/play-deaths.ts'

const HISTORIES = Number(process.env.LONG_HISTORIES ?? 12_000)
const FIRST_SEED = Number(process.env.LONG_SEED ?? randomInt(1_000_000, 100_000_000))
const SEEDS_PER_LINE = 20

test(`${HISTORIES} histories of operations, with a crash at every call of the disk`, async () => {
  let histories = 0
  let seed = FIRST_SEED
  for (; histories < HISTORIES; seed++) {
    for (const history of historiesOf(seed)) histories += await playAllDeaths(history)
    if ((seed - FIRST_SEED) % SEEDS_PER_LINE === SEEDS_PER_LINE - 1) console.log(`seed ${seed}: ${histories} histories`)
  }
  console.log(`${histories} histories, seeds ${FIRST_SEED} to ${seed - 1}`)
  expect(histories).toBeGreaterThanOrEqual(HISTORIES)
})
