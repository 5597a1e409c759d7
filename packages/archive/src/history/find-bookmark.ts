import { BOOKMARK_TYPE, decodeEntries } from '@datastreamer/format'
import { BookmarkType, decodeBookmark, GENERATIONS, SequencerEntryError } from '@datastreamer/sequencer-entries'
import { bookmarkKey, homePage } from '../layout-2/bookmark-key.ts'
import { recordsOfKey } from '../layout-2/bookmark-page.ts'
import { pagesOf } from '../layout-2/pieces.ts'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import { sameBytes } from '../segment/point.ts'
import { ahead } from './ahead.ts'
import { slotOfBlock } from './read-block.ts'
import type { RecordInput } from './read-entry.ts'
import { type RecordSlot, recordSlots } from './record-slots.ts'
import { holding } from './snapshot.ts'

/**
 * Number of the last entry that is this bookmark; `undefined` if there is none. That of an L2 block is looked for where
 * the block begins, others in the tables of segments, from the newest back.
 *
 * @param concurrency segments at once
 * @see docs/spec/archive.md §7.2
 */
export async function findBookmark(
  input: RecordInput,
  bookmark: Uint8Array,
  concurrency: number,
): Promise<bigint | undefined> {
  for (const { type, value } of meaningsOf(bookmark)) {
    if (type === BookmarkType.L2_BLOCK) {
      const slot = await slotOfBlock(input, value)
      const found = slot && (await lastInRecord(input, slot, bookmark))
      if (found !== undefined) return found
    } else if (type === BookmarkType.BATCH) {
      const leaf = await input.snapshot.index.find('batch', value, input.signal)
      const found = leaf && (await lastInSegment(input, leaf, bookmark))
      if (found !== undefined) return found
    }
  }
  const options = { limit: (taken: number) => Math.min(concurrency, 2 ** taken), signal: input.signal }
  const search = (leaf: SegmentLeaf): Promise<bigint | undefined> => lastInSegment(input, leaf, bookmark)
  for await (const found of ahead(newestFirst(input), search, options)) if (found !== undefined) return found
  return undefined
}

/** What a bookmark may mark, in one generation or another. */
function meaningsOf(bookmark: Uint8Array): readonly { readonly type: number; readonly value: bigint }[] {
  const meanings = new Map<string, { readonly type: number; readonly value: bigint }>()
  for (const generation of GENERATIONS) {
    try {
      const { type, value } = decodeBookmark(bookmark, generation)
      meanings.set(`${type} ${value}`, { type, value })
    } catch (error) {
      if (!(error instanceof SequencerEntryError)) throw error
    }
  }
  return [...meanings.values()]
}

async function* newestFirst({ snapshot, signal }: RecordInput): AsyncGenerator<SegmentLeaf, void, void> {
  for (let end = snapshot.end; end > 0n; ) {
    const leaf = holding(await snapshot.index.find('entry', end - 1n, signal), end - 1n)
    yield leaf
    end = leaf.start.number
  }
}

/** Searches the records that the table of a segment names. */
async function lastInSegment(input: RecordInput, leaf: SegmentLeaf, bookmark: Uint8Array): Promise<bigint | undefined> {
  const { records, signal } = input
  const pages = pagesOf(leaf.records, leaf.bytes)
  const key = bookmarkKey(bookmark, records.sha256)
  const named: number[] = []
  for (let read = 0, page = homePage(key, pages); read < pages; read++, page = (page + 1) % pages) {
    const found = await records.page(leaf, page, signal)
    named.push(...recordsOfKey(found, key.key))
    if (!found.isFull) break
  }
  const slots = recordSlots(leaf).filter(({ index }) => named.includes(index))
  for (const slot of slots.reverse()) {
    const found = await lastInRecord(input, slot, bookmark)
    if (found !== undefined) return found
  }
  return undefined
}

async function lastInRecord(
  { records, signal }: RecordInput,
  slot: RecordSlot,
  bookmark: Uint8Array,
): Promise<bigint | undefined> {
  const { bytes } = await records.get(slot, signal)
  return decodeEntries(bytes).findLast(({ type, data }) => type === BOOKMARK_TYPE && sameBytes(data, bookmark))?.number
}
