import { expect, test } from 'vitest'
import { playAllDeaths } from './sim/play-deaths.ts'

const HISTORIES = Number(process.env.LONG_HISTORIES ?? 12_000)
const FIRST_SEED = Number(process.env.LONG_SEED ?? 1000)

const MODES = ['commit', 'interval', 'never'] as const
const DEATHS = ['power', 'process'] as const
/** Nothing else goes wrong in every third seed, and every second one goes on after it died. */
const faultsOf = (seed: number): number => [0, 0.02, 0.06][seed % 3] as number
const livesOf = (seed: number): number => 1 + 2 * (seed % 2)
/** In half of them calls of the disk take time and overlap. */
const slowOf = (seed: number): number => (seed % 4 < 2 ? 0 : 0.4)

test(`${HISTORIES} histories of operations, with a crash at every call of the disk`, async () => {
  let histories = 0
  let seed = FIRST_SEED
  for (; histories < HISTORIES; seed++) {
    for (const fsync of MODES) {
      for (const death of DEATHS) {
        const fate = { faults: faultsOf(seed), lives: livesOf(seed), slow: slowOf(seed) }
        histories += await playAllDeaths({ seed, fsync, death, ...fate })
      }
    }
  }
  console.log(`${histories} histories, seeds ${FIRST_SEED} to ${seed - 1}`)
  expect(histories).toBeGreaterThanOrEqual(HISTORIES)
})
