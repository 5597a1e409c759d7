import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accumulatorProofRoot } from '../execution/blocks/proof.ts'
import { defaultHashes } from '../hash/hashes.ts'
import { concatBytes, toHex } from '../io/bytes.ts'
import { HeaderAccumulator } from './header-accumulator.ts'
import { hashPair, uint256Bytes, uint256Value } from './merkle.ts'

const hashes = defaultHashes()
const sha = (...parts: Uint8Array[]): Uint8Array => createHash('sha256').update(concatBytes(parts)).digest()
const hashOf = (i: number): Uint8Array => sha(uint256Bytes(BigInt(i)))
const difficulty = (i: number): bigint => 2n ** 70n + BigInt(i)

/** The definition: a full tree of 8192 leaves, and the number of them. */
function naiveRoot(count: number): string {
  let level: Uint8Array[] = Array.from({ length: 8192 }, (_, i) =>
    i < count ? sha(hashOf(i), uint256Bytes(difficulty(i))) : new Uint8Array(32),
  )
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, i) =>
      sha(level[2 * i] as Uint8Array, level[2 * i + 1] as Uint8Array),
    )
  }
  return toHex(sha(level[0] as Uint8Array, uint256Bytes(BigInt(count))))
}

function accumulatorOf(count: number): HeaderAccumulator {
  const accumulator = new HeaderAccumulator(hashes)
  for (let i = 0; i < count; i++) accumulator.add(hashOf(i), i % 2 === 0 ? difficulty(i) : uint256Bytes(difficulty(i)))
  return accumulator
}

describe('HeaderAccumulator', () => {
  test.each([0, 1, 2, 3, 64, 65, 1000])('of %i blocks', (count) => {
    expect(toHex(accumulatorOf(count).root())).toBe(naiveRoot(count))
  })

  test('of a full file, of its first blocks, and not beyond', () => {
    const accumulator = accumulatorOf(8192)
    expect(accumulator.count).toBe(8192)
    expect(toHex(accumulator.root())).toBe(naiveRoot(8192))
    expect(toHex(accumulator.root(5))).toBe(naiveRoot(5))
    expect(() => accumulator.add(hashOf(0), 1n)).toThrow(RangeError)
  })

  test('its proofs lead to its root, and no others do', () => {
    const count = 77
    const accumulator = accumulatorOf(count)
    const root = toHex(accumulator.root())
    const pair = (left: Uint8Array, right: Uint8Array): Uint8Array => hashPair(left, right, hashes.sha256)
    const proofs = [...accumulator.proofs()]
    expect(proofs).toHaveLength(count)
    for (const [i, proof] of proofs.entries()) {
      expect(uint256Value(proof.subarray(0, 32))).toBe(difficulty(i))
      expect(toHex(accumulatorProofRoot(proof, hashOf(i), i, pair))).toBe(root)
      expect(toHex(accumulatorProofRoot(proof, hashOf(i + 1), i, pair))).not.toBe(root)
      expect(toHex(accumulatorProofRoot(proof, hashOf(i), i ^ 1, pair))).not.toBe(root)
    }
  })
})

test('numbers of 32 bytes', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 256n - 1n), fc.integer({ min: 0, max: 255 }), (big, shift) => {
      const value = big >> BigInt(shift)
      const bytes = uint256Bytes(value)
      expect(BigInt(`0x${toHex(bytes.slice().reverse())}`)).toBe(value)
      expect(uint256Value(Uint8Array.of(9, ...bytes, 9).subarray(1, 33))).toBe(value)
    }),
  )
  expect(() => uint256Bytes(-1n)).toThrow(RangeError)
  expect(() => uint256Bytes(2n ** 256n)).toThrow(RangeError)
})
