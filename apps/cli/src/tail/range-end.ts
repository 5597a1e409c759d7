import type { Entry } from '@datastreamer/format'
import { BookmarkType, decodeSequencerEntry, type Generation } from '@datastreamer/sequencer-entries'
import type { NumberedBound } from '../arguments.ts'

/** Where a range ends: after an entry, a block or a batch, which it holds whole. */
export class RangeEnd {
  readonly #to: NumberedBound
  readonly #generation: Generation

  constructor(to: NumberedBound, generation: Generation) {
    this.#to = to
    this.#generation = generation
  }

  /** Whether the range ends before an entry, after it, or goes on. */
  at(entry: Entry): 'before' | 'after' | undefined {
    const { kind, number } = this.#to
    if (kind !== 'entry') return this.#atDecoded(entry)
    return sideOf(entry.number, number)
  }

  /** A block without an end entry ends with what opens the next one. */
  #atDecoded(entry: Entry): 'before' | 'after' | undefined {
    const { kind, number } = this.#to
    const decoded = decodeSequencerEntry(entry, this.#generation)
    switch (decoded.kind) {
      case 'bookmark':
        return decoded.type === BOOKMARK_TYPES[kind as 'block' | 'batch'] && decoded.value > number
          ? 'before'
          : undefined
      case 'l2Block':
        return (kind === 'block' ? decoded.number : decoded.batchNumber) > number ? 'before' : undefined
      case 'l2BlockEnd':
        return kind === 'block' ? sideOf(decoded.number, number) : undefined
      case 'batchStart':
        return kind === 'batch' && decoded.number > number ? 'before' : undefined
      case 'batchEnd':
        return kind === 'batch' ? sideOf(decoded.number, number) : undefined
      default:
        return undefined
    }
  }
}

/** Where a range that ends with `last` ends by what ends with `number`. */
function sideOf(number: bigint, last: bigint): 'before' | 'after' | undefined {
  return number > last ? 'before' : number === last ? 'after' : undefined
}

const BOOKMARK_TYPES = { block: BookmarkType.L2_BLOCK, batch: BookmarkType.BATCH } as const

/** The runs of entries up to where a range ends. */
export async function* upTo(
  batches: AsyncIterable<readonly Entry[]>,
  end: RangeEnd,
): AsyncGenerator<readonly Entry[], void, void> {
  for await (const entries of batches) {
    for (const [index, entry] of entries.entries()) {
      const stop = end.at(entry)
      if (stop === undefined) continue
      yield entries.slice(0, stop === 'after' ? index + 1 : index)
      return
    }
    yield entries
  }
}
