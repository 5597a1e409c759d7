import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fastSha256 as sha256 } from '../../test/support/fast-sha256.ts'
import {
  inclusionProof,
  inclusionProofLength,
  inclusionProofs,
  isConsistent,
  isPowerOfTwo,
  leafHash,
  nodeHash,
  rootOfInclusion,
  splitOf,
  type TreeState,
  treeRoot,
} from './merkle.ts'
import { utf8 } from './text.ts'
import { TileTree } from './tile-tree.ts'
import { TreeHashes } from './tree-hashes.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** RFC 6962 §2.1, word for word. */
function recursiveRoot(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes
  if (first === undefined) return sha256.digest(new Uint8Array(0))
  if (hashes.length === 1) return first
  let k = 1
  while (k < hashes.length - k) k *= 2
  return nodeHash(sha256, recursiveRoot(hashes.slice(0, k)), recursiveRoot(hashes.slice(k)))
}

/** RFC 6962 §2.1.2, word for word. */
function recursiveConsistency(old: number, hashes: readonly Uint8Array[], isWhole = true): Uint8Array[] {
  if (old === hashes.length) return isWhole ? [] : [recursiveRoot(hashes)]
  let k = 1
  while (k < hashes.length - k) k *= 2
  const [left, right] = [hashes.slice(0, k), hashes.slice(k)]
  return old <= k
    ? [...recursiveConsistency(old, left, isWhole), recursiveRoot(right)]
    : [...recursiveConsistency(old - k, right, false), recursiveRoot(left)]
}

const SIZE = 40
const leaves = Array.from({ length: SIZE }, (_, i) => leafHash(sha256, utf8(`leaf ${i}`)))
const roots = Array.from({ length: SIZE + 1 }, (_, size) => recursiveRoot(leaves.slice(0, size)))
const state = (size: number): TreeState => ({ size, root: roots[size] ?? new Uint8Array(0) })

/** The leaves and roots that implementations of RFC 6962 test with. */
test('roots that are known', () => {
  const data = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const hashes = data.map((text) => leafHash(sha256, Uint8Array.from(Buffer.from(text, 'hex'))))
  expect(data.map((_, i) => hex(treeRoot(sha256, hashes.slice(0, i))))).toEqual([
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  ])
  expect(hex(treeRoot(sha256, hashes))).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328')
})

test('a leaf of some parts is that of all its bytes', () => {
  expect(leafHash(sha256, utf8('le'), utf8(''), utf8('af'))).toEqual(leafHash(sha256, utf8('leaf')))
})

test('roots are those of the recursion', () => {
  for (let size = 0; size <= SIZE; size++) expect(treeRoot(sha256, leaves.slice(0, size))).toEqual(roots[size])
})

test('powers of two, also where a logarithm is not exact', () => {
  for (let power = 0; power < 53; power++) {
    expect([power, isPowerOfTwo(2 ** power)]).toEqual([power, true])
    if (power > 1)
      expect([power, isPowerOfTwo(2 ** power - 1), isPowerOfTwo(2 ** power + 1)]).toEqual([power, false, false])
    if (power > 0) expect(splitOf(2 ** power)).toBe(2 ** (power - 1))
  }
  expect(splitOf(Number.MAX_SAFE_INTEGER)).toBe(2 ** 52)
})

describe('inclusion', () => {
  test('of every leaf in every tree', () => {
    for (let size = 1; size <= SIZE; size++) {
      const hashes = leaves.slice(0, size)
      const proofs = inclusionProofs(sha256, hashes)
      expect(proofs.length).toBe(size)
      for (const [index, proof] of proofs.entries()) {
        expect(rootOfInclusion(sha256, leaves[index] ?? new Uint8Array(0), proof, { index, size })).toEqual(roots[size])
        expect(inclusionProofLength(index, size)).toBe(proof.length)
        expect(inclusionProof(sha256, hashes, index)).toEqual(proof)
      }
    }
    expect(inclusionProofs(sha256, [])).toEqual([])
  })

  const wanted = fc
    .integer({ min: 1, max: SIZE })
    .chain((size) => fc.record({ size: fc.constant(size), index: fc.nat(size - 1) }))
  const of = ({ index, size }: { readonly index: number; readonly size: number }): Uint8Array[] =>
    inclusionProof(sha256, leaves.slice(0, size), index)

  test('of another leaf, or at another index, is refused', () => {
    fc.assert(
      fc.property(wanted, fc.nat(SIZE - 1), (at, other) => {
        fc.pre(other !== at.index)
        const proof = of(at)
        expect(rootOfInclusion(sha256, leaves[other] ?? new Uint8Array(0), proof, at)).not.toEqual(roots[at.size])
        const moved = { ...at, index: other }
        expect(rootOfInclusion(sha256, leaves[at.index] ?? new Uint8Array(0), proof, moved)).not.toEqual(roots[at.size])
      }),
    )
  })

  test('with a proof that was changed is refused', () => {
    fc.assert(
      fc.property(wanted, changes, (at, change) => {
        const [proof, leaf] = [of(at), leaves[at.index] ?? new Uint8Array(0)]
        const changed = change(proof)
        fc.pre(!sameHashes(changed, proof))
        expect(rootOfInclusion(sha256, leaf, changed, at)).not.toEqual(roots[at.size])
        if (changed.length !== proof.length) expect(rootOfInclusion(sha256, leaf, changed, at)).toBeUndefined()
      }),
    )
  })

  test.each([-1, 9, 10, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('of leaf %d of 9 is refused', (index) => {
    const [first = new Uint8Array(0)] = leaves
    expect(rootOfInclusion(sha256, first, of({ index: 0, size: 9 }), { index, size: 9 })).toBeUndefined()
  })
})

describe('consistency', () => {
  test('of every size with every other', () => {
    for (let size = 0; size <= SIZE; size++) {
      for (let old = 0; old <= size; old++) {
        const proof = old === 0 ? [] : recursiveConsistency(old, leaves.slice(0, size))
        expect([old, size, isConsistent(sha256, state(old), state(size), proof)]).toEqual([old, size, true])
      }
    }
  })

  const pair = fc
    .integer({ min: 2, max: SIZE })
    .chain((size) => fc.record({ size: fc.constant(size), old: fc.integer({ min: 1, max: size - 1 }) }))

  test('with a proof that was changed is refused', () => {
    fc.assert(
      fc.property(pair, changes, ({ old, size }, change) => {
        const proof = recursiveConsistency(old, leaves.slice(0, size))
        const changed = change(proof)
        fc.pre(!sameHashes(changed, proof))
        expect(isConsistent(sha256, state(old), state(size), changed)).toBe(false)
      }),
    )
  })

  test('of another root, old or new, is refused', () => {
    fc.assert(
      fc.property(pair, fc.nat(255), ({ old, size }, bit) => {
        const proof = recursiveConsistency(old, leaves.slice(0, size))
        const wrong = (from: TreeState): TreeState => ({ ...from, root: flip(from.root, bit) })
        expect(isConsistent(sha256, wrong(state(old)), state(size), proof)).toBe(false)
        expect(isConsistent(sha256, state(old), wrong(state(size)), proof)).toBe(false)
      }),
    )
  })

  test('with roots that were made for a proof of another shape is refused', () => {
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => leaves[i] ?? new Uint8Array(0))
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('unreachable')
    const node = (left: Uint8Array, right: Uint8Array): Uint8Array => nodeHash(sha256, left, right)
    // Too short for four leaves, though it leads to both roots.
    const two = { size: 2, root: node(a, b) }
    expect(isConsistent(sha256, { size: 1, root: a }, two, [b])).toBe(true)
    expect(isConsistent(sha256, { size: 1, root: a }, { ...two, size: 4 }, [b])).toBe(false)
    // Too long for four leaves.
    const [three, four] = [node(c, a), node(c, node(a, b))]
    expect(isConsistent(sha256, { size: 3, root: three }, { size: 4, root: four }, [a, b, c])).toBe(true)
    const [taller, tallest] = [node(d, three), node(d, four)]
    expect(isConsistent(sha256, { size: 3, root: taller }, { size: 4, root: tallest }, [a, b, c, d])).toBe(false)
    // From more leaves to fewer.
    expect(isConsistent(sha256, { size: 3, root: a }, two, [a, b])).toBe(false)
  })

  test('of a log with itself: the same root, and nothing to prove', () => {
    expect(isConsistent(sha256, state(9), { size: 9, root: state(8).root }, [])).toBe(false)
    expect(isConsistent(sha256, state(9), state(9), leaves.slice(0, 1))).toBe(false)
    expect(isConsistent(sha256, state(9), state(8), [])).toBe(false)
    expect(isConsistent(sha256, state(0), state(8), leaves.slice(0, 1))).toBe(false)
    expect(isConsistent(sha256, state(8), state(9), [])).toBe(false)
  })
})

test('a tree of tiles proves what the recursion does', async () => {
  const hashes = new TreeHashes(sha256)
  for (const leaf of leaves) hashes.append(leaf)
  for (let size = 1; size <= SIZE; size++) {
    const tiles = new Map([...hashes.tiles(0, size)].map(({ path, bytes }) => [path, bytes]))
    const tree = new TileTree({ ...state(size), sha256, fetch: async (path) => tiles.get(path) })
    for (let old = 1; old <= size; old++) {
      expect(await tree.consistencyProof(old)).toEqual(recursiveConsistency(old, leaves.slice(0, size)))
    }
  }
})

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice()
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return changed
}

const sameHashes = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.map(hex).join() === b.map(hex).join()

type Change = (proof: readonly Uint8Array[]) => Uint8Array[]
const changes: fc.Arbitrary<Change> = fc
  .record({ at: fc.nat(9), bit: fc.nat(255), kind: fc.nat(5) })
  .map(({ at, bit, kind }) => (proof) => {
    const which = at % Math.max(proof.length, 1)
    const [hash = leaves[0] ?? new Uint8Array(32)] = proof.slice(which)
    if (kind === 0) return proof.map((each, i) => (i === which ? flip(each, bit) : each))
    if (kind === 1) return proof.toSpliced(which, 1)
    if (kind === 2) return proof.toSpliced(which, 0, hash)
    if (kind === 3) return [...proof, flip(hash, bit)]
    if (kind === 4) return proof.toReversed()
    return proof.slice(0, which)
  })
