import { type Entry, invariant } from '@datastreamer/format'
import type { FullL2Block } from '@datastreamer/sequencer-entries'
import { type Checkpoint, checkpointOf } from '../checkpoint.ts'

/** An L2 block, and what to store in order to go on after it. */
export interface StreamBlock extends FullL2Block {
  readonly checkpoint: Checkpoint
}

/**
 * A block with its checkpoint.
 *
 * @param last the newest entry that was read of it
 * @param opening the entry that opened it
 */
export function withCheckpoint(block: FullL2Block, last: Entry | undefined, opening: Entry | undefined): StreamBlock {
  invariant(
    last !== undefined && last.number >= block.lastEntryNumber,
    `block ${block.number} ends after what was read`,
  )
  return { ...block, checkpoint: checkpointOf(last, opening) }
}
