import type { Entry } from '@datastreamer/format'
import {
  BookmarkType,
  encodeSequencerEntry,
  type Generation,
  type SequencerEntryInit,
} from '@datastreamer/sequencer-entries'

/** An operation of a stream, its entries without numbers. */
export type PlainOperation = readonly Pick<Entry, 'type' | 'data'>[]

export interface SequencerStreamOptions {
  readonly blocks: number
  /** (default 1) */
  readonly firstBlock?: number | undefined
  /** (default 3) */
  readonly blocksPerBatch?: number | undefined
  /** Seconds from block to block (default 2). */
  readonly blockSeconds?: number | undefined
  /** Bytes of the one transaction of a block, by its number (default 100). */
  readonly transaction?: ((block: number) => number) | undefined
}

/** A stream of any generation, an operation a block, with what stands around batches. */
export function* sequencerStream(
  generation: Generation,
  { blocks, firstBlock = 1, blocksPerBatch = 3, blockSeconds = 2, transaction = () => 100 }: SequencerStreamOptions,
): Generator<PlainOperation, void, void> {
  const hasBookmarks = generation !== 'sequencer-2023-09'
  for (let i = 0; i < blocks; i++) {
    const number = BigInt(firstBlock + i)
    const batchNumber = BigInt(1 + Math.floor(i / blocksPerBatch))
    const timestamp = BigInt(1_700_000_000 + blockSeconds * i)
    const [isFirst, isLast] = [i % blocksPerBatch === 0, i % blocksPerBatch === blocksPerBatch - 1]
    const entries: SequencerEntryInit[] = []
    if (isFirst && (generation === 'etrog' || generation === 'protobuf')) {
      entries.push({ kind: 'bookmark', type: BookmarkType.BATCH, value: batchNumber })
    }
    if (isFirst && generation === 'protobuf') {
      entries.push({ kind: 'batchStart', number: batchNumber, type: 1, forkId: 5n + batchNumber, chainId: 1101n })
    }
    if (hasBookmarks) entries.push({ kind: 'bookmark', type: BookmarkType.L2_BLOCK, value: number })
    entries.push({ kind: 'l2Block', number, batchNumber, timestamp })
    const encoded = new Uint8Array(transaction(Number(number))).fill(i)
    entries.push({ kind: 'transaction', l2blockNumber: number, batchNumber, isValid: true, encoded })
    if (hasBookmarks) entries.push({ kind: 'l2BlockEnd', number })
    if (isLast && generation === 'protobuf') entries.push({ kind: 'batchEnd', number: batchNumber })
    yield entries.map((entry) => encodeSequencerEntry(entry, generation))
  }
}
