import type { Entry } from '@datastreamer/format'
import { type Checkpoint, type CheckpointParts, checkpointOf, parseCheckpoint } from '../checkpoint.ts'

/** Look up a committed entry by number. */
export type LookUp = (entryNumber: bigint) => Promise<Entry | undefined>

/**
 * The newest of some checkpoints, in any order, that a stream still has; `undefined` if it has none of them.
 *
 * Two histories are the same up to some entry and differ from there on, so after the newest it is found by bisection:
 * `n` checkpoints take about log2(n) look-ups, of one or two entries each.
 */
export async function findCommon(lookUp: LookUp, checkpoints: readonly Checkpoint[]): Promise<Checkpoint | undefined> {
  const sorted = checkpoints.map(parseCheckpoint).sort((a, b) => (a.last < b.last ? -1 : 1))
  const newest = sorted.at(-1)
  if (newest === undefined || (await isHeld(lookUp, newest))) return newest?.text
  let held = 0
  let lost = sorted.length - 1
  while (held < lost) {
    const middle = (held + lost) >> 1
    const checkpoint = sorted[middle]
    if (checkpoint !== undefined && (await isHeld(lookUp, checkpoint))) held = middle + 1
    else lost = middle
  }
  return sorted[held - 1]?.text
}

async function isHeld(lookUp: LookUp, checkpoint: CheckpointParts): Promise<boolean> {
  return (await checkpointAt(lookUp, checkpoint)) === checkpoint.text
}

/** The checkpoint that a stream has of the same entries; `undefined` if it does not have them. */
export async function checkpointAt(lookUp: LookUp, { first, last }: CheckpointParts): Promise<Checkpoint | undefined> {
  const [opening, entry] = await Promise.all([first < last ? lookUp(first) : undefined, lookUp(last)])
  if (entry === undefined || (first < last && opening === undefined)) return undefined
  return checkpointOf(entry, opening)
}
