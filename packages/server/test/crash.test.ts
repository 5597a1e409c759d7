import { expect, test } from 'vitest'
import { type HistoryOptions, playHistory } from './sim/history.ts'
import { playAllDeaths } from './sim/play-deaths.ts'

const MODES = ['commit', 'interval', 'never'] as const
const SEEDS = [1, 2, 3]

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
  for (const seed of SEEDS) histories += await playAllDeaths({ seed, fsync, death: 'power', faults: 0.04, lives: 2 })
  expect(histories).toBeGreaterThan(SEEDS.length * 20)
})

test.each(MODES)('fsync %s: calls of the disk that overlap take nothing from what was committed', async (fsync) => {
  let histories = 0
  for (const death of ['power', 'process'] as const) {
    histories += await playAllDeaths({ seed: 4, fsync, death, faults: 0.04, slow: 0.5 })
  }
  expect(histories).toBeGreaterThan(2 * 20)
})

test.each<[string, HistoryOptions]>([
  [
    'a truncation cut short behind a commit of another program',
    { seed: 5019, fsync: 'interval', death: 'power', faults: 0, lives: 3, crashAt: 37 },
  ],
  [
    'a truncation torn in the middle of its header',
    { seed: 2019, fsync: 'interval', death: 'power', faults: 0, lives: 3, crashAt: 70 },
  ],
  [
    'a truncation that failed, before the next commits',
    { seed: 1001, fsync: 'never', death: 'power', faults: 0.06, lives: 3, crashAt: 9 },
  ],
  [
    'a sync of the commit log that failed, before the next commits',
    { seed: 3025, fsync: 'commit', death: 'power', faults: 0.02, lives: 3, crashAt: 49 },
  ],
])('what once went wrong: %s', async (_name, history) => {
  expect(await playHistory(history)).toBeGreaterThan(0)
})
