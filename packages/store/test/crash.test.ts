import { expect, test } from 'vitest'
import type { FrailFault } from './sim/history.ts'
import { playAllDeaths } from './sim/play-deaths.ts'

const MODES = ['commit', 'interval', 'never'] as const
const SEEDS = [1, 2, 3]

/** Counts the faults that occurred: a disk that never fails proves nothing. */
function countedFaults(): { faults: Record<FrailFault, number>; onFault: (kind: FrailFault) => void } {
  const faults = { look: 0, forget: 0, flip: 0 }
  return { faults, onFault: (kind) => faults[kind]++ }
}

test.each(MODES)('fsync %s: after a power failure at any call, exactly what was committed is there', async (fsync) => {
  let histories = 0
  for (const seed of SEEDS) histories += await playAllDeaths({ seed, fsync, death: 'power' })
  expect(histories).toBeGreaterThan(SEEDS.length * 20)
})

test.each(MODES)('fsync %s: a process that is killed loses nothing that was committed', async (fsync) => {
  let histories = 0
  for (const seed of SEEDS) histories += await playAllDeaths({ seed, fsync, death: 'process' })
  expect(histories).toBeGreaterThan(SEEDS.length * 20)
})

test.each(MODES)('fsync %s: a failing call of the disk harms no other commit', async (fsync) => {
  let histories = 0
  for (const seed of SEEDS) histories += await playAllDeaths({ seed, fsync, death: 'power', faults: 0.04, lives: 2 })
  expect(histories).toBeGreaterThan(SEEDS.length * 20)
})

test.each(MODES)('fsync %s: overlapping calls of the disk lose nothing that was committed', async (fsync) => {
  let histories = 0
  for (const death of ['power', 'process'] as const) {
    histories += await playAllDeaths({ seed: 4, fsync, death, faults: 0.04, slow: 0.5 })
  }
  expect(histories).toBeGreaterThan(2 * 20)
})

test.each(MODES)(
  'fsync %s: reads, openings and questions that fail take nothing from what was committed',
  async (fsync) => {
    const { faults, onFault } = countedFaults()
    let histories = 0
    for (const seed of [1, 2]) histories += await playAllDeaths({ seed, fsync, death: 'power', looks: 0.02, onFault })
    expect(histories).toBeGreaterThan(2 * 10)
    expect(faults.look).toBeGreaterThan(histories / 10)
  },
)

test.each(MODES)('fsync %s: what a failed sync has lost does not count as committed', async (fsync) => {
  const { faults, onFault } = countedFaults()
  let histories = 0
  for (const death of ['power', 'process'] as const) {
    histories += await playAllDeaths({ seed: 5, fsync, death, faults: 0.1, lives: 2, forgets: 0.5, onFault })
  }
  expect(histories).toBeGreaterThan(2 * 20)
  expect(faults.forget).toBeGreaterThan(histories / 20)
})

test.each(MODES)('fsync %s: where a bit has flipped there is damage, or what was committed', async (fsync) => {
  const { faults, onFault } = countedFaults()
  let histories = 0
  for (const seed of [7, 22]) {
    histories += await playAllDeaths({ seed, fsync, death: 'power', lives: 2, rot: 0.8, onFault })
  }
  expect(histories).toBeGreaterThan(2 * 20)
  expect(faults.flip).toBeGreaterThan(histories / 10)
})

test.each(MODES)('fsync %s: a store that has reopened by itself has all that was committed', async (fsync) => {
  let histories = 0
  for (const seed of [6, 8]) {
    histories += await playAllDeaths({ seed, fsync, death: 'power', faults: 0.1, lives: 2, reopens: true })
  }
  expect(histories).toBeGreaterThan(2 * 20)
})

test.each(MODES)('fsync %s: a file that begins late, or gives entries up, has all others', async (fsync) => {
  let histories = 0
  for (const death of ['power', 'process'] as const) {
    histories += await playAllDeaths({ seed: 9, fsync, death, late: true })
    histories += await playAllDeaths({ seed: 103, fsync, death, late: true, faults: 0.1, lives: 2, forgets: 0.5 })
  }
  expect(histories).toBeGreaterThan(4 * 20)
})
