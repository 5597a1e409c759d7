import { LeafChain } from '../leaf/check-follows.ts'
import { HistoryError } from '../leaf/history-error.ts'
import type { EpochLeaf, Leaf, SegmentLeaf } from '../leaf/leaf.ts'
import type { IdentityFields } from '../segment/header.ts'
import type { StreamPoint } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { treeRoot } from '../tlog/merkle.ts'
import type { Bundle } from './bundles.ts'
import { firstNumberOf, type LeafIndex, type LeafNumber, lastUpTo } from './leaf-index.ts'

/** All leaves of a log, in memory, which were found to follow each other. docs/spec/history.md §3.3. */
export class WholeIndex implements LeafIndex {
  readonly identity: IdentityFields
  readonly last: Leaf
  readonly #hashes: readonly Uint8Array[]
  readonly #sha256: Sha256
  readonly #valid: readonly SegmentLeaf[]
  readonly #withBlocks: readonly SegmentLeaf[]
  readonly #epochs: readonly EpochLeaf[]

  /** @param bundles all of them, in order @throws {HistoryError} `BROKEN_CHAIN` */
  constructor(bundles: readonly Bundle[], sha256: Sha256) {
    const chain = new LeafChain()
    const leaves = bundles.flatMap((bundle) => bundle.leaves)
    for (const leaf of leaves) chain.push(leaf)
    const { first, last, valid } = chain
    if (first === undefined || last === undefined) throw new HistoryError('NO_HISTORY', 'a log without leaves')
    this.identity = first.identity
    this.last = last
    this.#hashes = bundles.flatMap(({ hashes }) => hashes)
    this.#sha256 = sha256
    this.#valid = valid
    this.#withBlocks = valid.filter(({ blocks }) => blocks.count > 0)
    this.#epochs = leaves.filter((leaf) => leaf.kind === 'epoch')
  }

  async find(by: LeafNumber, value: bigint): Promise<SegmentLeaf | undefined> {
    const among = by === 'entry' ? this.#valid : this.#withBlocks
    return among[lastUpTo(among, value, (leaf) => firstNumberOf(leaf, by) ?? 0n)]
  }

  async rootOf(size: number): Promise<Uint8Array> {
    return treeRoot(this.#sha256, this.#hashes.slice(0, size))
  }

  async epochStarts(): Promise<readonly StreamPoint[]> {
    return this.#epochs.map(({ start }) => start)
  }

  async segments(): Promise<readonly SegmentLeaf[]> {
    return this.#valid
  }
}
