import { type EntriesFrom, NotFoundError, type U64, u64Of } from '@datastreamer/format'
import type { FullL2Block } from '@datastreamer/sequencer-entries'
import { NO_NUMBER } from '../leaf/lookup.ts'
import type { FindBookmark } from './bounds.ts'
import { slotOfBlock } from './read-block.ts'
import { type RecordInput, slotOfEntry } from './read-entry.ts'
import { type BlockNumber, slotByNumber } from './slot-by-number.ts'

/** Where blocks begin. */
export type BlocksFrom =
  /** With the first one from this entry on. */
  | EntriesFrom
  | { readonly block: U64 }
  /** With the first one of this batch. */
  | { readonly batch: U64 }
  /** With the first one of this time or later, in seconds. As far as times rise from block to block. */
  | { readonly timestamp: U64 }

/** Where reading has to begin, and which blocks to leave out there. */
export interface BlockStart {
  /** The first entry of a record, or the end of the history. */
  readonly entry: bigint
  readonly isWanted: (block: FullL2Block) => boolean
}

/** @throws {NotFoundError} `FROM_NOT_FOUND` @throws {RangeError} if a number is none */
export async function blockStart(input: RecordInput, from: BlocksFrom, find: FindBookmark): Promise<BlockStart> {
  const { snapshot, signal } = input
  if (from === 'latest') return { entry: snapshot.end, isWanted: () => true }
  if (typeof from !== 'object') return entryStart(input, u64Of(from, 'from'))
  if ('bookmark' in from) {
    const entry = await find(from.bookmark, signal)
    if (entry === undefined) throw notFound('no such bookmark')
    return entryStart(input, entry)
  }
  const last = (await snapshot.index.find('block', NO_NUMBER, signal))?.blocks
  if ('block' in from) {
    const block = u64Of(from.block, 'block')
    const slot = await slotOfBlock(input, block)
    const next = last === undefined ? 0n : last.first + BigInt(last.count)
    if (slot === undefined && block !== next) throw notFound(`no block ${block}`)
    return { entry: slot?.first ?? snapshot.end, isWanted: ({ number }) => number >= block }
  }
  if ('batch' in from) {
    const batch = u64Of(from.batch, 'batch')
    if (last === undefined || batch > last.lastBatch + 1n) throw notFound(`no batch ${batch}`)
    return { entry: await entryBefore(input, 'batch', batch), isWanted: ({ batchNumber }) => batchNumber >= batch }
  }
  const time = u64Of(from.timestamp, 'timestamp')
  return { entry: await entryBefore(input, 'time', time), isWanted: ({ timestamp }) => timestamp >= time }
}

/** The first entry of a record, not after the first block that has at least that number. */
export async function entryBefore(input: RecordInput, by: BlockNumber, value: bigint): Promise<bigint> {
  if (value === 0n) return 0n
  const leaf = await input.snapshot.index.find(by, value - 1n, input.signal)
  const slot = leaf && (await slotByNumber(input, leaf, by, value - 1n))
  return slot?.first ?? 0n
}

async function entryStart(input: RecordInput, entry: bigint): Promise<BlockStart> {
  const { end } = input.snapshot
  if (entry > end) throw notFound(`no entry ${entry}`)
  const first = entry === end ? end : (await slotOfEntry(input, entry)).first
  return { entry: first, isWanted: ({ entryNumber }) => entryNumber >= entry }
}

function notFound(what: string): NotFoundError {
  return new NotFoundError('FROM_NOT_FOUND', `the history has ${what}`)
}
