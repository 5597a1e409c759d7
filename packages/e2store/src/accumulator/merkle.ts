import type { Hashes } from '../hash/hashes.ts'

type Sha256 = Hashes['sha256']

/** sha256 of two 32-byte nodes. */
export function hashPair(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  const pair = new Uint8Array(64)
  pair.set(left)
  pair.set(right, 32)
  return sha256(pair)
}

/**
 * A number as the 32 bytes of an SSZ u256, little-endian.
 *
 * @throws {RangeError} below 0 or from 2^256 on
 */
export function uint256Bytes(value: bigint): Uint8Array {
  if (value < 0n || value >> 256n !== 0n) throw new RangeError(`expected a number from 0 to 2^256 - 1, got ${value}`)
  const out = new Uint8Array(32)
  const view = new DataView(out.buffer)
  for (let at = 0, rest = value; rest > 0n; at += 8, rest >>= 64n)
    view.setBigUint64(at, rest & 0xffff_ffff_ffff_ffffn, true)
  return out
}

/** The number in the 32 bytes of an SSZ u256, little-endian. */
export function uint256Value(bytes: Uint8Array): bigint {
  let end = 32
  while (end > 0 && bytes[end - 1] === 0) end--
  let value = 0n
  // Six bytes fit in a number, and most values have no more.
  for (let at = end; at > 0; at -= 6) {
    const from = Math.max(0, at - 6)
    let word = 0
    for (let i = at - 1; i >= from; i--) word = word * 256 + (bytes[i] as number)
    value = at === end ? BigInt(word) : (value << BigInt(8 * (at - from))) | BigInt(word)
  }
  return value
}

/** Hashes two nodes into their parent; `level` is the height of the parent, 0 for the parents of leaves. */
export type PairHash = (left: Uint8Array, right: Uint8Array, level: number) => Uint8Array

/**
 * The root that a branch of siblings, lowest first, leads to from `leaf` at `index` of its level.
 *
 * @param from level of the leaf's parent, as it is passed to `hash`
 * @see docs/spec/e2store-execution.md §5
 */
export function branchRoot(
  leaf: Uint8Array,
  branch: readonly Uint8Array[],
  index: number,
  hash: PairHash,
  from = 0,
): Uint8Array {
  let node = leaf
  let rest = index
  for (const [level, sibling] of branch.entries()) {
    node = rest % 2 === 1 ? hash(sibling, node, from + level) : hash(node, sibling, from + level)
    rest = Math.floor(rest / 2)
  }
  return node
}

/**
 * The levels of a Merkle tree from its leaves (32 bytes each, joined) up to the root of a tree of `2^depth` leaves;
 * missing nodes are those of zero leaves.
 */
export function merkleLevels(
  leaves: Uint8Array,
  depth: number,
  hashes: Pick<Hashes, 'sha256' | 'sha256Pairs'>,
): Uint8Array[] {
  const levels = [leaves]
  const { sha256 } = hashes
  let zero: Uint8Array = new Uint8Array(32)
  for (let level = 0; level < depth; level++) {
    const below = levels[level] as Uint8Array
    const count = below.length / 32
    const above = new Uint8Array(Math.ceil(count / 2) * 32)
    hashPairs(below.subarray(0, Math.floor(count / 2) * 64), above, hashes)
    if (count % 2 === 1) above.set(hashPair(below.subarray(-32), zero, sha256), above.length - 32)
    levels.push(above)
    zero = hashPair(zero, zero, sha256)
  }
  return levels
}

/** sha256 of each two nodes of `pairs`, joined, to the start of `out`. */
export function hashPairs(
  pairs: Uint8Array,
  out: Uint8Array,
  { sha256, sha256Pairs }: Pick<Hashes, 'sha256' | 'sha256Pairs'>,
): void {
  if (sha256Pairs) {
    sha256Pairs(pairs, out)
    return
  }
  for (let at = 0; at < pairs.length; at += 64) out.set(sha256(pairs.subarray(at, at + 64)), at / 2)
}

/** Roots of trees of zero leaves: entry `d` is that of `2^d` leaves. */
export function zeroRoots(depth: number, sha256: Sha256): Uint8Array[] {
  const roots: Uint8Array[] = [new Uint8Array(32)]
  for (let d = 0; d < depth; d++) roots.push(hashPair(roots[d] as Uint8Array, roots[d] as Uint8Array, sha256))
  return roots
}
