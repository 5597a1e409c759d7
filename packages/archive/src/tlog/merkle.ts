import { concatBytes } from '@datastreamer/format'
import { sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'

// Hashes of trees as in RFC 6962 §2.1. Sizes and indexes are safe integers.

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

export function leafHash(sha256: Sha256, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256.digest(concatBytes([LEAF, ...parts]))
}

export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256.digest(concatBytes([NODE, left, right]))
}

/** The root of a tree whose leaves, or whose subtrees of one full size, have these hashes; of none, the empty tree's. */
export function treeRoot(sha256: Sha256, hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return sha256.digest(new Uint8Array(0))
  let level = hashes
  while (level.length > 1) {
    const next: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]]
      // A lone right node moves up as it is.
      if (left !== undefined) next.push(right === undefined ? left : nodeHash(sha256, left, right))
    }
    level = next
  }
  return level[0] ?? new Uint8Array(0)
}

/** The greatest power of two below `size`, of which there is one from 2 on. */
export function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

/** Whether a size from 1 on is a power of two. Logarithms of large ones are not exact. */
export function isPowerOfTwo(size: number): boolean {
  return size === 1 || splitOf(size) * 2 === size
}

/** The inclusion proof of a leaf among all leaves: hashes from the leaf upwards. */
export function inclusionProof(sha256: Sha256, hashes: readonly Uint8Array[], index: number): Uint8Array[] {
  if (hashes.length <= 1) return []
  const split = splitOf(hashes.length)
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)]
  return index < split
    ? [...inclusionProof(sha256, left, index), treeRoot(sha256, right)]
    : [...inclusionProof(sha256, right, index - split), treeRoot(sha256, left)]
}

/** The inclusion proof of every leaf, each as {@link inclusionProof} gives it. */
export function inclusionProofs(sha256: Sha256, hashes: readonly Uint8Array[]): Uint8Array[][] {
  if (hashes.length <= 1) return hashes.map(() => [])
  const split = splitOf(hashes.length)
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)]
  const [leftRoot, rightRoot] = [treeRoot(sha256, left), treeRoot(sha256, right)]
  return [
    ...inclusionProofs(sha256, left).map((proof) => [...proof, rightRoot]),
    ...inclusionProofs(sha256, right).map((proof) => [...proof, leftRoot]),
  ]
}

/** How many hashes an inclusion proof has. */
export function inclusionProofLength(index: number, size: number): number {
  let length = 0
  for (let [at, last] = [index, size - 1]; last > 0; at = half(at), last = half(last)) {
    if (isOdd(at) || at < last) length++
  }
  return length
}

/**
 * The root that an inclusion proof leads to; `undefined` if it has another number of hashes than it must have, or the
 * tree no such leaf. That the size is right it does not show: size and root are those of one checkpoint.
 */
export function rootOfInclusion(
  sha256: Sha256,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  { index, size }: { readonly index: number; readonly size: number },
): Uint8Array | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return undefined
  let [at, last, root] = [index, size - 1, leaf]
  for (const hash of proof) {
    if (last === 0) return undefined
    if (isOdd(at) || at === last) {
      root = nodeHash(sha256, hash, root)
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)]
    } else root = nodeHash(sha256, root, hash)
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 ? root : undefined
}

/** One state of a log. */
export interface TreeState {
  readonly size: number
  readonly root: Uint8Array
}

/** Whether a proof shows that an old state is the beginning of a new one. */
export function isConsistent(sha256: Sha256, old: TreeState, now: TreeState, proof: readonly Uint8Array[]): boolean {
  if (old.size > now.size) return false
  if (old.size === now.size) return proof.length === 0 && sameBytes(old.root, now.root)
  if (old.size === 0) return proof.length === 0
  const path = isPowerOfTwo(old.size) ? [old.root, ...proof] : proof
  const [first, ...rest] = path
  if (proof.length === 0 || first === undefined) return false
  let [at, last] = [old.size - 1, now.size - 1]
  while (isOdd(at)) [at, last] = [half(at), half(last)]
  let [oldRoot, newRoot] = [first, first]
  for (const hash of rest) {
    if (last === 0) return false
    if (isOdd(at) || at === last) {
      oldRoot = nodeHash(sha256, hash, oldRoot)
      newRoot = nodeHash(sha256, hash, newRoot)
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)]
    } else newRoot = nodeHash(sha256, newRoot, hash)
    ;[at, last] = [half(at), half(last)]
  }
  return last === 0 && sameBytes(oldRoot, old.root) && sameBytes(newRoot, now.root)
}

function isOdd(value: number): boolean {
  return value % 2 === 1
}

function half(value: number): number {
  return Math.floor(value / 2)
}
