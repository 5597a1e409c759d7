import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { defaultHashes, portableHashes } from './hashes.ts'
import { wasmKeccak256Pair } from './keccak-pair-wasm.ts'
import { wasmKeccak256 } from './keccak-wasm.ts'
import { wasmSha256Pairs } from './sha256-pairs-wasm.ts'
import { wasmSha256 } from './sha256-wasm.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

afterEach(() => vi.unstubAllGlobals())

describe.each([
  ['portable', portableHashes],
  ['default', defaultHashes()],
])('%s hashes', (_, { keccak256, sha256 }) => {
  test('known digests', () => {
    expect(hex(keccak256(ascii('')))).toBe('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')
    expect(hex(keccak256(ascii('abc')))).toBe('4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45')
    expect(hex(sha256(ascii('')))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(hex(sha256(ascii('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

test('machine code and plain code agree at every length around a block and beyond the memory', () => {
  const keccak256 = wasmKeccak256()
  const sha256 = wasmSha256()
  const sha256Pairs = wasmSha256Pairs()
  if (keccak256 === undefined || sha256 === undefined || sha256Pairs === undefined)
    throw new Error('no WebAssembly here')
  const data = new Uint8Array(400_000).map((_, i) => i * 31)
  const lengths = [...Array(300).keys(), 130_047, 130_048, 130_049, 130_559, 130_560, 130_561, 390_144, 400_000]
  const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  for (const length of lengths) {
    const part = data.subarray(0, length)
    expect(hex(keccak256(part))).toBe(hex(portableHashes.keccak256(part)))
    expect(hex(sha256(part))).toBe(sha(part))
  }
  for (const pairs of [0, 1, 2, 3, 4, 5, 127, 128, 129, 1000]) {
    const out = new Uint8Array(32 * pairs)
    const content = data.slice(0, 64 * pairs)
    sha256Pairs(content, out)
    expect(content).toEqual(data.subarray(0, 64 * pairs))
    const expected = Array.from({ length: pairs }, (_, i) => sha(data.subarray(64 * i, 64 * i + 64)))
    expect(hex(out)).toBe(expected.join(''))
  }
})

test('two hashed side by side are as each alone, whatever their lengths', () => {
  const pair = wasmKeccak256Pair(portableHashes.keccak256)
  if (pair === undefined) throw new Error('no WebAssembly with vectors here')
  const data = new Uint8Array(80_000).map((_, i) => i * 31)
  const check = (a: Uint8Array, b: Uint8Array): void => {
    expect(pair(a, b).map(hex)).toEqual([a, b].map((part) => hex(portableHashes.keccak256(part))))
  }
  for (let length = 0; length < 300; length++) {
    check(data.subarray(0, length), data.subarray(7, 7 + length))
    check(data.subarray(0, length), data.subarray(0, 271))
  }
  for (const length of [230 * 136 - 1, 230 * 136, 70_000]) check(data.subarray(0, length), data.subarray(9, 9 + length))
})

test('one hash does not leak into the next', () => {
  const { keccak256, sha256 } = defaultHashes()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), (a, b) => {
      const [firstKeccak, firstSha] = [keccak256(a), sha256(a)]
      keccak256(b)
      sha256(b)
      expect(firstKeccak).toEqual(portableHashes.keccak256(a))
      expect(firstSha).toEqual(portableHashes.sha256(a))
    }),
  )
})

test('without WebAssembly there is no machine code', () => {
  vi.stubGlobal('WebAssembly', undefined)
  expect(wasmKeccak256()).toBeUndefined()
  vi.stubGlobal('WebAssembly', {
    Module: class {
      constructor() {
        throw new Error('blocked by policy')
      }
    },
  })
  expect(wasmSha256()).toBeUndefined()
  expect(wasmSha256Pairs()).toBeUndefined()
  expect(wasmKeccak256Pair(portableHashes.keccak256)).toBeUndefined()
})
