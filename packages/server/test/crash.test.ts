import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { type HistoryOptions, playHistory } from './sim/history.ts'
import { historiesOf, playAllDeaths } from './sim/play-deaths.ts'

const MODES = ['commit', 'interval', 'never'] as const
const SEEDS = [1, 2, 3]
/** Histories of seeds that nobody has played are begun for so long. */
const FRESH_MS = 12_000

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

test.each(MODES)(
  'fsync %s: reads, openings and questions that fail take nothing from what was committed',
  async (fsync) => {
    let histories = 0
    for (const seed of [1, 2]) histories += await playAllDeaths({ seed, fsync, death: 'power', looks: 0.02 })
    expect(histories).toBeGreaterThan(2 * 10)
  },
)

test.each(MODES)('fsync %s: what a failed sync has lost is not taken for what was committed', async (fsync) => {
  let histories = 0
  for (const death of ['power', 'process'] as const) {
    histories += await playAllDeaths({ seed: 5, fsync, death, faults: 0.06, lives: 2, forgets: 0.5 })
  }
  expect(histories).toBeGreaterThan(2 * 20)
})

test.each(MODES)('fsync %s: where a bit has flipped there is damage, or what was committed', async (fsync) => {
  let histories = 0
  for (const seed of [7, 22]) histories += await playAllDeaths({ seed, fsync, death: 'power', lives: 2, rot: 0.8 })
  expect(histories).toBeGreaterThan(2 * 20)
})

test.each(MODES)('fsync %s: a store that was opened anew by itself has all that was committed', async (fsync) => {
  let histories = 0
  for (const seed of [6, 8]) {
    histories += await playAllDeaths({ seed, fsync, death: 'power', faults: 0.1, lives: 2, reopens: true })
  }
  expect(histories).toBeGreaterThan(2 * 20)
})

test('histories of seeds that nobody has played', { timeout: 20 * FRESH_MS }, async () => {
  const first = Number(process.env.CRASH_SEED ?? randomInt(1_000_000, 100_000_000))
  console.log(`crash histories of seeds from ${first} on; CRASH_SEED=${first} plays them again`)
  const end = performance.now() + FRESH_MS
  let histories = 0
  let seed = first
  do {
    for (const history of historiesOf(seed)) {
      histories += await playAllDeaths(history)
      if (performance.now() >= end) break
    }
    seed++
  } while (performance.now() < end)
  console.log(`${histories} crash histories, seeds ${first} to ${seed - 1}`)
  expect(histories).toBeGreaterThan(6)
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
  [
    'bookmarks of another program behind a commit of which nobody knew whether it was written',
    { seed: 300010, fsync: 'commit', death: 'process', faults: 0.02, lives: 1, slow: 0.4, crashAt: 27 },
  ],
  [
    'the same after a truncation, and in two deaths of the recovery',
    { seed: 991007, fsync: 'commit', death: 'power', faults: 0.06, lives: 3, slow: 0.4, crashAt: 154 },
  ],
  [
    'a bit that flips beside an update in place that a crash interrupts',
    { seed: 7100004, fsync: 'interval', death: 'power', faults: 0, lives: 1, rot: 0.8, reopens: true, crashAt: 34 },
  ],
  [
    'a note of an update that only memory had, for its sync had failed, and the update done all the same',
    { seed: 500009, fsync: 'interval', death: 'power', faults: 0.06, lives: 3, rot: 0.8, crashAt: 46 },
  ],
  [
    'a bit that flips beside a truncation that a crash interrupts',
    { seed: 500064, fsync: 'interval', death: 'process', rot: 0.8, crashAt: 22 },
  ],
  [
    'a bit that flips in a record, before a header that is torn',
    { seed: 8000029, fsync: 'commit', death: 'process', faults: 0.02, lives: 3, rot: 0.8, reopens: true, crashAt: 52 },
  ],
  [
    'a bit that flips in the only commit, which was durable',
    {
      seed: 600019,
      fsync: 'commit',
      death: 'power',
      faults: 0.02,
      lives: 3,
      slow: 0.4,
      rot: 0.8,
      reopens: true,
      crashAt: 1,
    },
  ],
  [
    'a bit that flips in a commit that was durable, before a header that is torn',
    { seed: 32686639, fsync: 'commit', death: 'power', faults: 0.02, lives: 3, slow: 0.4, rot: 0.8, crashAt: 37 },
  ],
  [
    'a bit that flips in what was not synced, before a process is killed',
    { seed: 7100004, fsync: 'interval', death: 'process', faults: 0, lives: 1, rot: 0.8, reopens: true, crashAt: 24 },
  ],
  [
    'a crash while damage is marked: the mark is one aligned word, and is there whole or not at all',
    {
      seed: 11000019,
      fsync: 'interval',
      death: 'process',
      faults: 0,
      lives: 3,
      slow: 0.4,
      rot: 0.8,
      reopens: true,
      crashAt: 4,
    },
  ],
])('what once went wrong: %s', async (_name, history) => {
  expect(await playHistory(history)).toBeGreaterThan(0)
})
