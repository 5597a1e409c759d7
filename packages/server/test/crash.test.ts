import { expect, test } from 'vitest'
import { type HistoryOptions, playHistory } from './sim/history.ts'

const MODES = ['commit', 'interval', 'never'] as const
const SEEDS = [1, 2, 3, 4, 5, 6]

/** Play a history once to its end, then once for each call of the disk, dying there. */
async function playAllDeaths(options: HistoryOptions): Promise<number> {
  const calls = await playHistory(options)
  for (let crashAt = 1; crashAt <= calls; crashAt++) {
    await playHistory({ ...options, crashAt }).catch((cause: unknown) => {
      throw new Error(`seed ${options.seed}, ${options.death} at call ${crashAt} of ${calls}`, { cause })
    })
  }
  return calls
}

test.each(MODES)('fsync %s: wherever the power fails, exactly what was committed is there', async (fsync) => {
  let histories = 0
  for (const seed of SEEDS) histories += await playAllDeaths({ seed, fsync, death: 'power' })
  expect(histories).toBeGreaterThan(SEEDS.length * 20)
})

test.each(MODES)('fsync %s: a process that is killed loses nothing that was committed', async (fsync) => {
  let histories = 0
  for (const seed of SEEDS) histories += await playAllDeaths({ seed, fsync, death: 'process' })
  expect(histories).toBeGreaterThan(SEEDS.length * 20)
})

test.each(MODES)('fsync %s: a disk that fails now and then harms no other commit', async (fsync) => {
  let histories = 0
  for (const seed of SEEDS) histories += await playAllDeaths({ seed, fsync, death: 'power', faults: 0.04 })
  expect(histories).toBeGreaterThan(SEEDS.length * 20)
})
