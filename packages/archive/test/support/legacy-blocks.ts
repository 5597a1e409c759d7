import {
  BookmarkType,
  encodeSequencerEntry,
  type Generation,
  type SequencerEntryInit,
} from '@datastreamer/sequencer-entries'
import type { TestOperation } from './make-history.ts'

/** Blocks 1, 2, 3, … of an older generation: an operation each, three in a batch, a timestamp every five seconds. */
export function legacyOperations(generation: Exclude<Generation, 'protobuf'>, count: number): TestOperation[] {
  return Array.from({ length: count }, (_, i) => {
    const number = BigInt(i + 1)
    const batchNumber = BigInt(Math.floor(i / 3) + 1)
    const forkId = generation === 'sequencer-2023-09' ? undefined : 7n
    const hash = new Uint8Array(32).fill(i)
    const inits: SequencerEntryInit[] = []
    if (generation === 'etrog' && i % 3 === 0)
      inits.push({ kind: 'bookmark', type: BookmarkType.BATCH, value: batchNumber })
    if (forkId !== undefined) inits.push({ kind: 'bookmark', type: BookmarkType.L2_BLOCK, value: number })
    inits.push({ kind: 'l2Block', number, batchNumber, forkId, timestamp: 1000n + 5n * number })
    for (let j = 0; j < i % 3; j++) inits.push({ kind: 'transaction', batchNumber, encoded: Uint8Array.of(i, j) })
    if (forkId !== undefined) inits.push({ kind: 'l2BlockEnd', number, hash, stateRoot: hash })
    return inits.map((init) => encodeSequencerEntry(init, generation))
  })
}
