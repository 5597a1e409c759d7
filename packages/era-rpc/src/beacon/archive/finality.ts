import type { EraRoots } from './era-roots.ts'

/** A state and its latest block, both held: what a node can start from. */
export interface Finality {
  readonly era: bigint
  readonly blockSlot: bigint
}

/** Eras that are passed over for one with a block at its state's own slot. */
const PASSED_OVER = 8n

/**
 * The newest state whose latest block is held. The block of a state's own slot is in the next era's file. Where that
 * slot is empty, a state a few eras older that has one is preferred: its block is the first of an epoch, as some clients
 * need it.
 */
export async function findFinality(
  newest: bigint,
  first: bigint,
  eras: { roots(era: bigint): Promise<EraRoots | undefined>; hasBlock(slot: bigint): Promise<boolean> },
): Promise<Finality | undefined> {
  let found: Finality | undefined
  for (let era = newest; era >= first && (!found || era >= found.era - PASSED_OVER); era--) {
    const roots = await eras.roots(era)
    if (!roots) continue
    const { slot: blockSlot } = roots.head.latestBlockHeader
    if (!(await eras.hasBlock(blockSlot))) continue
    if (blockSlot === roots.stateSlot) return { era, blockSlot }
    found ??= { era, blockSlot }
  }
  return found
}
