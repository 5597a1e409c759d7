import { hashPair, hashPairs, zeroRoots } from '../accumulator/merkle.ts'
import { defaultHashes } from '../hash/hashes.ts'

const MAX_DEPTH = 64
let zeros: readonly Uint8Array[] | undefined

/** Root of a tree of `2^depth` zero leaves. */
function zeroRoot(depth: number): Uint8Array {
  zeros ??= zeroRoots(MAX_DEPTH, defaultHashes().sha256)
  return zeros[depth] as Uint8Array
}

/** Depth of the smallest tree with so many leaves. */
export function depthOf(leaves: number): number {
  return leaves <= 1 ? 0 : Math.ceil(Math.log2(leaves))
}

/**
 * The root of a tree of `2^depth` leaves whose first ones are in `nodes`, 32 bytes each; the others are zero.
 * Overwrites `nodes`.
 */
export function reduceLeaves(nodes: Uint8Array, depth: number): Uint8Array {
  const hashes = defaultHashes()
  let count = nodes.length / 32
  if (count === 0) return zeroRoot(depth)
  for (let level = 0; level < depth; level++) {
    const pairs = count >> 1
    // Digests take half the space of what they replace: they never catch up with what is read.
    hashPairs(nodes.subarray(0, 64 * pairs), nodes, hashes)
    if (count % 2 === 1) {
      const last = nodes.slice(32 * (count - 1), 32 * count)
      nodes.set(hashPair(last, zeroRoot(level), hashes.sha256), 32 * pairs)
    }
    count = pairs + (count % 2)
  }
  return nodes.slice(0, 32)
}

/** Leaves that are hashed together: 64 KiB of them. */
const BATCH_DEPTH = 11

/** The root of a tree of many leaves that arrive in order, in constant memory. */
export class LeafHasher {
  readonly #depth: number
  readonly #batchDepth: number
  readonly #batch: Uint8Array
  #filled = 0
  /** Roots of whole subtrees that wait for their right siblings, by level. */
  readonly #waiting: (Uint8Array | undefined)[] = []

  constructor(depth: number) {
    this.#depth = depth
    this.#batchDepth = Math.min(depth, BATCH_DEPTH)
    this.#batch = new Uint8Array(32 << this.#batchDepth)
  }

  /** Add bytes of leaves; those of the last leaf are padded with zeros in the end. */
  push(leaves: Uint8Array): void {
    for (let at = 0; at < leaves.length; ) {
      if (this.#filled === this.#batch.length) this.#flush()
      const taken = leaves.subarray(at, at + this.#batch.length - this.#filled)
      this.#batch.set(taken, this.#filled)
      this.#filled += taken.length
      at += taken.length
    }
  }

  /** The root; nothing may be added afterwards. */
  root(): Uint8Array {
    let node = this.#takeBatch()
    for (let level = this.#batchDepth; level < this.#depth; level++) {
      const left = this.#waiting[level]
      const { sha256 } = defaultHashes()
      if (left) node = hashPair(left, node ?? zeroRoot(level), sha256)
      else if (node) node = hashPair(node, zeroRoot(level), sha256)
    }
    return node ?? this.#waiting[this.#depth] ?? zeroRoot(this.#depth)
  }

  #takeBatch(): Uint8Array | undefined {
    if (this.#filled === 0) return undefined
    const whole = Math.ceil(this.#filled / 32) * 32
    this.#batch.fill(0, this.#filled, whole)
    this.#filled = 0
    return reduceLeaves(this.#batch.subarray(0, whole), this.#batchDepth)
  }

  #flush(): void {
    let node = this.#takeBatch()
    let level = this.#batchDepth
    for (let left = this.#waiting[level]; node && left; left = this.#waiting[level]) {
      this.#waiting[level] = undefined
      node = hashPair(left, node, defaultHashes().sha256)
      level++
    }
    this.#waiting[level] = node
  }
}

/** The root of a list: that of its elements, with their number. */
export function mixLength(root: Uint8Array, length: number): Uint8Array {
  const count = new Uint8Array(32)
  new DataView(count.buffer).setBigUint64(0, BigInt(length), true)
  return hashPair(root, count, defaultHashes().sha256)
}
