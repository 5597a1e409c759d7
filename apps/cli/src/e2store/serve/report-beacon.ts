import type { BeaconArchive } from '@datastreamer/era-rpc/beacon'
import type { Log } from '@datastreamer/service'
import { plural } from '../../output/text.ts'
import { warnSome } from './report.ts'

type Served = Pick<BeaconArchive, 'network' | 'slotsPerEra' | 'eras' | 'finality'>

/** Runs that are named; of more it is said how many. */
const MAX_RUNS = 5

/**
 * Say what is served of a beacon chain, and then what is finalized, for which the newest state is read: all answers are
 * compared with it. What fails is logged; nothing is once `signal` is aborted.
 */
export async function reportBeacon(beacon: Served, log: Log, signal: AbortSignal): Promise<void> {
  try {
    await reportEras(beacon, log)
    const finality = await beacon.finality()
    if (signal.aborted) return
    if (finality === undefined) {
      const why = 'no file has the latest block of a state that is held: no consensus client can start from here'
      log.warn('beacon-finalized', `nothing is finalized: ${why}`)
      return
    }
    const { era, blockSlot } = finality
    const slot = era * beacon.slotsPerEra
    log.info('beacon-finalized', `finalized is slot ${blockSlot}, with the state of slot ${slot} (era ${era})`, {
      ...{ slot: blockSlot, stateSlot: slot, era },
    })
  } catch (error) {
    if (signal.aborted) return
    const why = error instanceof Error ? error.message : String(error)
    log.error('beacon-finalized', `what is finalized cannot be read: ${why}`, { error })
  }
}

async function reportEras(beacon: Served, log: Log): Promise<void> {
  const { config } = beacon.network
  const { files, runs, doubles } = await beacon.eras()
  const shown = runs.slice(0, MAX_RUNS).map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`))
  const more = runs.length > MAX_RUNS ? ` and ${runs.length - MAX_RUNS} more runs` : ''
  const eras = `eras ${shown.join(', ')}${more} in ${plural(files, 'file')}`
  log.info('history-opened', `the Beacon API of ${config}, below /eth/: ${eras}, ${slotsText(beacon, runs)}`, {
    ...{ network: config, eras: runs, files },
  })
  for (const [at, { first }] of runs.slice(1, MAX_RUNS).entries()) {
    const before = runs[at]?.last ?? 0n
    log.warn('history-gap', `eras ${before + 1n} to ${first - 1n} are in no file: answered as not held (404)`)
  }
  warnSome(
    doubles.map(
      ({ era, names }) => `era ${era} is in ${names.length} files, of which one is read: ${names.join(', ')}`,
    ),
    log,
  )
}

/** An era ends with its state, and has the blocks of the slots before that. */
function slotsText(
  { slotsPerEra }: Served,
  runs: readonly { readonly first: bigint; readonly last: bigint }[],
): string {
  const [lowest, highest] = [runs[0]?.first ?? 0n, runs.at(-1)?.last ?? 0n]
  const state = `newest state of slot ${highest * slotsPerEra}`
  if (highest === 0n) return state
  const first = lowest === 0n ? 0n : (lowest - 1n) * slotsPerEra
  return `slots ${first} to ${highest * slotsPerEra - 1n}, ${state}`
}
