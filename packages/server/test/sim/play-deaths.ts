import { type HistoryOptions, playHistory } from './history.ts'

/**
 * Play a history once to its end, then once for each call of the disk, dying there. Returns the number of histories.
 *
 * @throws {Error} that says how to play the one that failed
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
