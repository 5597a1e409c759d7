import { sameIdentity } from '../segment/header.ts'
import { type StreamPoint, samePoint } from '../segment/point.ts'
import { HistoryError } from './history-error.ts'
import { type EpochLeaf, endOf, type Leaf, type SegmentLeaf } from './leaf.ts'

/**
 * Throw unless a leaf may follow the one before it, as far as these two show.
 *
 * @param index of `leaf`
 * @throws {HistoryError} `BROKEN_CHAIN`
 * @see docs/spec/history.md §3.3
 */
export function checkFollows(before: Leaf | undefined, leaf: Leaf, index: number): void {
  const broken = (what: string): HistoryError => new HistoryError('BROKEN_CHAIN', `leaf ${index}: ${what}`)
  if (before === undefined) {
    if (leaf.kind !== 'epoch' || leaf.epoch !== 0) throw broken('the first leaf does not open epoch 0')
    if (leaf.start.number !== 0n) throw broken(`epoch 0 begins with entry ${leaf.start.number}, expected 0`)
    return
  }
  const end = endOf(before)
  if (leaf.kind === 'epoch') {
    if (leaf.epoch !== before.epoch + 1) throw broken(`epoch ${leaf.epoch} after epoch ${before.epoch}`)
    if (leaf.start.number > end.number) {
      throw broken(`epoch ${leaf.epoch} begins with entry ${leaf.start.number}, the one before ends at ${end.number}`)
    }
    return
  }
  if (leaf.epoch !== before.epoch) throw broken(`a segment of epoch ${leaf.epoch} in epoch ${before.epoch}`)
  if (samePoint(leaf.start, end)) return
  throw broken(
    leaf.start.number === end.number
      ? `follows another stream than that before entry ${end.number}`
      : `begins with entry ${leaf.start.number}, the leaf before ends at ${end.number}`,
  )
}

/**
 * Which leaves are valid, and whether all of them follow each other: what a reader of all leaves checks one by one.
 * docs/spec/history.md §3.3.
 */
export class LeafChain {
  readonly #valid: SegmentLeaf[] = []
  #last: Leaf | undefined
  #first: EpochLeaf | undefined
  #size = 0

  /** Take the next leaf. @throws {HistoryError} `BROKEN_CHAIN` */
  push(leaf: Leaf): void {
    checkFollows(this.#last, leaf, this.#size)
    if (leaf.kind === 'epoch') this.#open(leaf)
    else this.#valid.push(leaf)
    this.#last = leaf
    this.#size++
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size
  }

  get last(): Leaf | undefined {
    return this.#last
  }

  /** The leaf that says which stream it is. */
  get first(): EpochLeaf | undefined {
    return this.#first
  }

  /** The segments that hold the stream, in its order. */
  get valid(): readonly SegmentLeaf[] {
    return this.#valid
  }

  #open(leaf: EpochLeaf): void {
    this.#first ??= leaf
    const broken = (what: string): HistoryError => new HistoryError('BROKEN_CHAIN', `leaf ${this.#size}: ${what}`)
    if (!sameIdentity(leaf.identity, this.#first.identity)) throw broken('an epoch of another stream')
    const start = this.#first.start
    while ((this.#valid.at(-1)?.end.number ?? 0n) > leaf.start.number) this.#valid.pop()
    const end: StreamPoint = this.#valid.at(-1)?.end ?? start
    if (!samePoint(end, leaf.start)) {
      throw broken(`epoch ${leaf.epoch} begins with entry ${leaf.start.number}, where no valid segment ends like that`)
    }
  }
}

/** Whether two leaves describe the same entries, whatever their files are. docs/spec/history.md §6. */
export function sameEntries(a: Leaf, b: Leaf): boolean {
  if (a.kind === 'epoch') return b.kind === 'epoch' && a.epoch === b.epoch && samePoint(a.start, b.start)
  return b.kind === 'segment' && a.epoch === b.epoch && samePoint(a.start, b.start) && samePoint(a.end, b.end)
}
