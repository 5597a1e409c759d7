import { decodeLeaf } from '../leaf/decode-leaf.ts'
import { encodeLookup, type LookupRow, lowestOf } from '../leaf/lookup.ts'
import type { Sha256 } from '../sha256.ts'
import { encodeBundle } from '../tlog/bundle.ts'
import { inclusionProof, treeRoot } from '../tlog/merkle.ts'
import { parseTilePath, TILE_WIDTH, tilePath } from '../tlog/tile-path.ts'
import { newBundles } from '../tlog/tiles.ts'
import type { TreeHashes } from '../tlog/tree-hashes.ts'

/** An object of a history, to be written. */
export interface LogObject {
  readonly key: string
  readonly bytes: Uint8Array
  /** Whether no later checkpoint has another object in its stead: a full tile or bundle. */
  readonly isFull: boolean
}

/** All leaves of a log. */
export interface LogLeaves {
  /** Encoded. */
  readonly leaves: readonly Uint8Array[]
  /** Their hashes. */
  readonly tree: TreeHashes
}

/** Leaves from one index up to another. */
export interface LeafRange {
  readonly from: number
  readonly size: number
}

/** Makes what a history has besides segments and the checkpoint. docs/spec/history.md §1. */
export class LogObjects {
  readonly #log: LogLeaves
  readonly #sha256: Sha256
  /** Rows of a tree's bundles that are followed by another, which do not change. */
  #rows: LookupRow[] = []
  #rowsOf: TreeHashes | undefined

  constructor(log: LogLeaves, sha256: Sha256) {
    this.#log = log
    this.#sha256 = sha256
  }

  /**
   * What has to be written before a checkpoint of the first `size` leaves, if one of `from` is there: bundles, tiles and the
   * lookup, in this order.
   */
  *between({ from, size }: LeafRange): Generator<LogObject, void, void> {
    const { leaves, tree } = this.#log
    for (const ref of newBundles(from, size)) {
      const at = ref.index * TILE_WIDTH
      const bytes = encodeBundle(leaves.slice(at, at + ref.width))
      yield { key: tilePath(ref), bytes, isFull: ref.width === TILE_WIDTH }
    }
    for (const { path, bytes } of tree.tiles(from, size)) {
      yield { key: path, bytes, isFull: parseTilePath(path)?.width === TILE_WIDTH }
    }
    if (size > TILE_WIDTH) yield { key: `lookup/${size}`, bytes: this.#lookup(size), isFull: false }
  }

  #lookup(size: number): Uint8Array {
    const { leaves, tree } = this.#log
    const edgeStart = (Math.ceil(size / TILE_WIDTH) - 1) * TILE_WIDTH
    const rows = [...this.#rowsBefore(edgeStart), this.#row(edgeStart, size)]
    const roots = rows.map(({ hash }) => hash)
    // Leaf 0 leads to the root of the first bundle, and that to the root of all.
    const proof = [
      ...inclusionProof(this.#sha256, tree.leaves(0, TILE_WIDTH), 0),
      ...inclusionProof(this.#sha256, roots, 0),
    ]
    const [first = new Uint8Array(0)] = leaves
    const last = leaves[size - 1] ?? first
    return encodeLookup({ rows, edge: tree.leaves(edgeStart, size), first: { leaf: first, proof }, last })
  }

  /** The rows of full bundles, up to a leaf. */
  #rowsBefore(end: number): readonly LookupRow[] {
    const { tree } = this.#log
    if (this.#rowsOf !== tree) this.#rows = []
    this.#rowsOf = tree
    for (let at = this.#rows.length * TILE_WIDTH; at < end; at += TILE_WIDTH) {
      this.#rows.push(this.#row(at, at + TILE_WIDTH))
    }
    return this.#rows.slice(0, end / TILE_WIDTH)
  }

  #row(from: number, to: number): LookupRow {
    const { leaves, tree } = this.#log
    const lowest = lowestOf(leaves.slice(from, to).map((leaf, i) => decodeLeaf(leaf, from + i)))
    return { hash: treeRoot(this.#sha256, tree.leaves(from, to)), ...lowest }
  }
}
