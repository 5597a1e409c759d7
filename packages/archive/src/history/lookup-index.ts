import { invariant, type Signal } from '@datastreamer/format'
import { type EpochLeaf, endOf, type Leaf, type SegmentLeaf } from '../leaf/leaf.ts'
import { NO_NUMBER } from '../leaf/lookup.ts'
import type { IdentityFields } from '../segment/header.ts'
import type { StreamPoint } from '../segment/point.ts'
import { treeRoot } from '../tlog/merkle.ts'
import { TILE_WIDTH } from '../tlog/tile-path.ts'
import { orAborted } from './abort-scope.ts'
import type { Bundle, BundleWanted } from './bundles.ts'
import { epochsIn } from './epochs-in.ts'
import { firstNumberOf, type LeafIndex, type LeafNumber } from './leaf-index.ts'
import { type LeafReading, readBundles } from './read-whole-index.ts'
import type { VerifiedLookup } from './verify-lookup.ts'
import type { WholeIndex } from './whole-index.ts'

/**
 * Finds leaves by a lookup, which says in which bundle to look. Its hashes are verified, its numbers are hints: what is
 * found by them is confirmed by leaves, and where it cannot be, all leaves are read. docs/spec/history.md §5.
 */
export class LookupIndex implements LeafIndex {
  readonly #size: number
  readonly #lookup: VerifiedLookup
  readonly #reading: LeafReading
  #epochs: Promise<readonly EpochLeaf[]> | undefined
  #whole: Promise<WholeIndex> | undefined

  constructor(size: number, lookup: VerifiedLookup, reading: LeafReading) {
    this.#size = size
    this.#lookup = lookup
    this.#reading = reading
  }

  get identity(): IdentityFields {
    return this.#lookup.first.identity
  }

  get last(): Leaf {
    return this.#lookup.last
  }

  async find(by: LeafNumber, value: bigint, signal?: Signal): Promise<SegmentLeaf | undefined> {
    if (this.#whole === undefined) {
      const found = await this.#guess(by, value, signal)
      if ((await this.#isValid(found)) && (await this.#isConfirmed(found, by, value, signal))) return found
    }
    return (await this.#readAll(signal)).find(by, value)
  }

  async rootOf(size: number, signal?: Signal): Promise<Uint8Array> {
    const { rows } = this.#lookup
    const whole = Math.floor(size / TILE_WIDTH)
    const roots = rows.slice(0, whole).map(({ hash }) => hash)
    if (roots.length * TILE_WIDTH < size) {
      const { hashes } = await this.#bundle(whole, signal)
      roots.push(treeRoot(this.#reading.sha256, hashes.slice(0, size - whole * TILE_WIDTH)))
    }
    return treeRoot(this.#reading.sha256, roots)
  }

  async epochStarts(): Promise<readonly StreamPoint[]> {
    const { first, last, rows } = this.#lookup
    this.#epochs ??= epochsIn(rows.length, first, last, async (index) => (await this.#bundle(index)).leaves)
    this.#epochs.catch(() => {
      this.#epochs = undefined
    })
    return (await this.#epochs).map(({ start }) => start)
  }

  async segments(signal?: Signal): Promise<readonly SegmentLeaf[]> {
    return (await this.#readAll(signal)).segments()
  }

  /** The segment that the lookup's numbers lead to. */
  async #guess(by: LeafNumber, value: bigint, signal: Signal | undefined): Promise<SegmentLeaf | undefined> {
    const { rows, last } = this.#lookup
    const isUpTo = (leaf: Leaf): leaf is SegmentLeaf => {
      const number = leaf.kind === 'segment' ? firstNumberOf(leaf, by) : undefined
      return number !== undefined && number <= value
    }
    if (isUpTo(last)) return last
    const row = rows.findLastIndex((each) => each[by] !== NO_NUMBER && each[by] <= value)
    return row === -1 ? undefined : (await this.#bundle(row, signal)).leaves.findLast(isUpTo)
  }

  /** Whether no later epoch took the segment away. */
  async #isValid(found: SegmentLeaf | undefined): Promise<boolean> {
    if (found === undefined || found.epoch === this.last.epoch) return true
    const later = (await this.epochStarts()).slice(found.epoch + 1)
    return later.every(({ number }) => found.end.number <= number)
  }

  /** Whether a valid segment is what was looked for: it holds it, or the next one begins later. */
  async #isConfirmed(
    found: SegmentLeaf | undefined,
    by: LeafNumber,
    value: bigint,
    signal: Signal | undefined,
  ): Promise<boolean> {
    const end = endOf(this.last).number
    if (by === 'entry') return found !== undefined && (value < found.end.number || found.end.number === end)
    if (by === 'block' && found !== undefined && value < found.blocks.first + BigInt(found.blocks.count)) return true
    for (let next = found?.end.number ?? 0n; next < end; ) {
      const leaf = await this.find('entry', next, signal)
      if (leaf === undefined) return false
      const number = firstNumberOf(leaf, by)
      if (number !== undefined) return number > value
      next = leaf.end.number
    }
    return true
  }

  #readAll(signal: Signal | undefined): Promise<WholeIndex> {
    const all = (): BundleWanted[] => Array.from({ length: this.#lookup.rows.length }, (_, i) => this.#wanted(i))
    this.#whole ??= readBundles(this.#reading, all())
    this.#whole.catch(() => {
      this.#whole = undefined
    })
    return orAborted(this.#whole, signal)
  }

  #bundle(index: number, signal?: Signal): Promise<Bundle> {
    return this.#reading.bundles.get(this.#wanted(index), signal)
  }

  #wanted(index: number): BundleWanted {
    const root = this.#lookup.rows[index]?.hash
    invariant(root !== undefined, `a lookup has no row ${index}`)
    return { index, width: Math.min(TILE_WIDTH, this.#size - TILE_WIDTH * index), root }
  }
}
