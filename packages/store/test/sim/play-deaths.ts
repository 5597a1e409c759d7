import { type HistoryOptions, playHistory } from './history.ts'

/**
 * Play a history once to its end, then once for each call of the disk, dying there. Returns the number of histories.
 *
 * @throws {Error} that says how to play the failed one
 */
export async function playAllDeaths(options: HistoryOptions): Promise<number> {
  const calls = await play(options)
  for (let crashAt = 1; crashAt <= calls; crashAt++) await play({ ...options, crashAt })
  return calls + 1
}

async function play(options: HistoryOptions): Promise<number> {
  try {
    return await playHistory(options)
  } catch (cause) {
    throw new Error(`playHistory(${JSON.stringify(options)})`, { cause })
  }
}

const MODES = ['commit', 'interval', 'never'] as const
const FRAILTIES: readonly Partial<HistoryOptions>[] = [
  {},
  {},
  { looks: 0.02 },
  { forgets: 0.5, faults: 0.1 },
  { rot: 0.8 },
]
const DEATHS = ['power', 'process'] as const

/**
 * The histories of a seed, one for each mode and death. Nothing else goes wrong in every third seed, every second one goes on
 * after a death, and in half of them calls of the disk take time and overlap. In three of five seeds the disk also fails on
 * calls that write nothing, returns old bytes for what a failed sync has lost, or rots. In three of seven a broken store
 * reopens its files by itself. In every fourth the file may begin late.
 */
export function historiesOf(seed: number): HistoryOptions[] {
  const frailty = FRAILTIES[seed % 5]
  const fate = { faults: [0, 0.02, 0.06][seed % 3] as number, lives: 1 + 2 * (seed % 2), slow: seed % 4 < 2 ? 0 : 0.4 }
  return MODES.flatMap((fsync) =>
    DEATHS.map((death) => ({ seed, fsync, death, ...fate, ...frailty, reopens: seed % 7 < 3, late: seed % 4 === 3 })),
  )
}
