import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultHashes } from '../hash/hashes.ts'
import { fromHex, toHex } from '../io/bytes.ts'
import { encodeRlp, type RlpValue, rawRlp } from '../rlp/encode.ts'
import { EMPTY_TRIE_ROOT, orderedTrieRoot } from './ordered-trie.ts'
import { StackTrie } from './stack-trie.ts'

const hashes = defaultHashes()
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Entry {
  readonly path: readonly number[]
  readonly value: Uint8Array
}

/** The definition of a trie's nodes, followed from the root down over all entries at once. */
function node(entries: readonly Entry[], depth: number): RlpValue {
  const [first] = entries
  if (first === undefined) return new Uint8Array(0)
  if (entries.length === 1) return [prefixed(first.path.slice(depth), 2), first.value]
  let common = depth
  while (entries.every(({ path }) => path[common] === first.path[common])) common++
  if (common > depth) return [prefixed(first.path.slice(depth, common), 0), reference(node(entries, common))]
  const children = Array.from({ length: 16 }, (_, nibble) => entries.filter(({ path }) => path[depth] === nibble))
  const named = children.map((child) => (child.length > 0 ? reference(node(child, depth + 1)) : new Uint8Array(0)))
  return [...named, new Uint8Array(0)]
}

function reference(value: RlpValue): RlpValue {
  const rlp = encodeRlp(value)
  return rlp.length < 32 ? rawRlp(rlp) : hashes.keccak256(rlp)
}

function prefixed(path: readonly number[], flag: number): Uint8Array {
  const odd = path.length % 2
  const nibbles = odd === 1 ? [flag + 1, ...path] : [flag, 0, ...path]
  return fromHex(nibbles.map((nibble) => nibble.toString(16)).join(''))
}

const pathOf = (key: Uint8Array): number[] => Array.from(toHex(key), (digit) => Number.parseInt(digit, 16))
const rootOf = (entries: readonly (readonly [Uint8Array, Uint8Array])[]): string => {
  const named = entries.map(([key, value]) => ({ path: pathOf(key), value }))
  return toHex(hashes.keccak256(encodeRlp(node(named, 0))))
}

/** Keys of one length over few digits, so that they share beginnings. */
const keys = fc
  .uniqueArray(fc.array(fc.constantFrom(0, 1, 16, 17, 255), { minLength: 4, maxLength: 4 }), {
    maxLength: 40,
    selector: (key) => key.join(),
  })
  .map((all) => all.map((key) => Uint8Array.from(key)).sort(Buffer.compare))

describe('StackTrie', () => {
  test('well-known roots', () => {
    const single = new StackTrie(hashes)
    single.add(ascii('A'), ascii('a'.repeat(50)))
    expect(toHex(single.root())).toBe('d23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab')
    const two = new StackTrie(hashes)
    two.add(fromHex('0045'), fromHex('0123456789'))
    two.add(fromHex('4500'), fromHex('9876543210'))
    expect(toHex(two.root())).toBe('285505fcabe84badc8aa310e2aae17eddc7d120aabec8a476902c8184b3a3503')
    expect(new StackTrie(hashes).root()).toEqual(EMPTY_TRIE_ROOT)
  })

  test('gives the root that the definition gives', () => {
    fc.assert(
      fc.property(keys, fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1 }), (all, values) => {
        const entries = all.map((key, i) => [key, values[i % values.length] ?? key] as const)
        const trie = new StackTrie(hashes)
        for (const [key, value] of entries) trie.add(key, value)
        expect(toHex(trie.root())).toBe(rootOf(entries))
      }),
    )
  })

  test.each([
    ['the same key', '01', '01'],
    ['a lower key', '02', '01'],
    ['a key that begins with the last', '01', '0102'],
    ['the beginning of the last key', '0102', '01'],
  ])('refuses %s', (_, first, second) => {
    const trie = new StackTrie(hashes)
    trie.add(fromHex(first), ascii('a'))
    expect(() => trie.add(fromHex(second), ascii('b'))).toThrow(RangeError)
  })
})

test.each([1, 2, 17, 127, 128, 129, 200, 256, 300])('the trie of %i items is that of their RLP numbers', (count) => {
  const values = Array.from({ length: count }, (_, i) => ascii(`value ${i} ${'.'.repeat(i % 40)}`))
  const entries = values.map((value, i) => [encodeRlp(i), value] as const)
  expect(toHex(orderedTrieRoot(values, hashes))).toBe(rootOf(entries))
})

test('the trie of no items is the empty one', () => {
  expect(orderedTrieRoot([], hashes)).toEqual(EMPTY_TRIE_ROOT)
  expect(toHex(hashes.keccak256(encodeRlp(new Uint8Array(0))))).toBe(toHex(EMPTY_TRIE_ROOT))
})
