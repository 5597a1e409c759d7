import fc from 'fast-check'
import { expect, test } from 'vitest'
import { portableSha256 as sha256 } from '../sha256.ts'
import { decodeBundle, encodeBundle, MAX_LEAF_BYTES } from './bundle.ts'
import { leafHash, treeRoot } from './merkle.ts'
import { utf8 } from './text.ts'
import { tilePath } from './tile-path.ts'
import { newBundles, newTiles, tileOf } from './tiles.ts'
import { TreeHashes } from './tree-hashes.ts'

const MALFORMED = expect.objectContaining({ name: 'TreeError', code: 'MALFORMED', path: 'tile/entries/000' })
const read = (bytes: Uint8Array, width: number): Uint8Array[] => decodeBundle(bytes, width, 'tile/entries/000')

test('the tiles of a tree: those of the example, and none that is empty', () => {
  const paths = (size: number): string[] => [...newTiles(0, size)].map(tilePath)
  expect(paths(0)).toEqual([])
  expect(paths(1)).toEqual(['tile/0/000.p/1'])
  expect(paths(255)).toEqual(['tile/0/000.p/255'])
  expect(paths(256)).toEqual(['tile/0/000', 'tile/1/000.p/1'])
  expect(paths(257)).toEqual(['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1'])
  expect(paths(65_536).slice(-3)).toEqual(['tile/0/255', 'tile/1/000', 'tile/2/000.p/1'])
  const many = paths(70_000)
  expect(many.length).toBe(273 + 1 + 1 + 1 + 1)
  expect(many.filter((path) => path.includes('.p/'))).toEqual(['tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1'])
  expect([...newBundles(0, 257)].map(tilePath)).toEqual(['tile/entries/000', 'tile/entries/001.p/1'])
  expect([...newBundles(0, 0)]).toEqual([])
})

test('what is new in a tree that has grown is what the old one has not', () => {
  const sizes = fc.oneof(fc.nat(1000), fc.integer({ min: 65_000, max: 67_000 }))
  fc.assert(
    fc.property(sizes, sizes, (a, b) => {
      const [from, size] = [Math.min(a, b), Math.max(a, b)]
      for (const list of [newTiles, newBundles]) {
        const had = new Set([...list(0, from)].map(tilePath))
        const has = [...list(0, size)].map(tilePath)
        expect([...list(from, size)].map(tilePath)).toEqual(has.filter((path) => !had.has(path)))
      }
    }),
  )
})

test('the tile of a hash has it', () => {
  expect(tileOf(0, 599, 600)).toEqual({ level: 0, index: 2, width: 88 })
  expect(tileOf(0, 511, 600)).toEqual({ level: 0, index: 1, width: 256 })
  expect(tileOf(1, 1, 600)).toEqual({ level: 1, index: 0, width: 2 })
})

test('a log that grows writes what one that is written at once has', () => {
  const [grown, stored] = [new TreeHashes(sha256), new Map<string, Uint8Array>()]
  const all = Array.from({ length: 800 }, (_, i) => leafHash(sha256, utf8(`leaf ${i}`)))
  for (const until of [1, 2, 255, 256, 257, 511, 513, 800]) {
    const from = grown.size
    for (const hash of all.slice(from, until)) grown.append(hash)
    for (const { path, bytes } of grown.tiles(from)) {
      expect(stored.has(path)).toBe(false)
      stored.set(path, bytes)
    }
    for (const { path, bytes } of grown.tiles(0)) expect(stored.get(path)).toEqual(bytes)
    expect(grown.root()).toEqual(treeRoot(sha256, all.slice(0, until)))
  }
})

test('no root and no tile is made of more leaves than there are', () => {
  const hashes = new TreeHashes(sha256)
  hashes.append(leafHash(sha256))
  expect(() => hashes.root(2)).toThrow(RangeError)
  expect(() => [...hashes.tiles(0, 2)]).toThrow(RangeError)
  expect(() => [...hashes.tiles(1, 257)]).toThrow(RangeError)
})

test('bundles come back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 }), (leaves) => {
      expect(read(encodeBundle(leaves), leaves.length)).toEqual(leaves)
    }),
  )
})

test('a leaf has at most as many bytes as its length can say', () => {
  const most = new Uint8Array(MAX_LEAF_BYTES).fill(1)
  expect(read(encodeBundle([most, most]), 2)).toEqual([most, most])
  expect(encodeBundle([most]).subarray(0, 2)).toEqual(Uint8Array.of(0xff, 0xff))
  expect(() => encodeBundle([new Uint8Array(MAX_LEAF_BYTES + 1)])).toThrow(RangeError)
})

test('a bundle is its leaves, no more and no less', () => {
  const bundle = encodeBundle([utf8('one'), utf8(''), utf8('three')])
  for (let length = 0; length < bundle.length; length++) {
    expect(() => read(bundle.subarray(0, length), 3)).toThrow(MALFORMED)
  }
  for (const width of [0, 1, 2, 4, 256]) expect(() => read(bundle, width)).toThrow(MALFORMED)
  for (const more of [[0], [0, 0], [0, 1], [0, 1, 1]]) {
    expect(() => read(Uint8Array.of(...bundle, ...more), 3)).toThrow(MALFORMED)
  }
})

test('a bundle of too many leaves is not read to its end', () => {
  expect(() => read(new Uint8Array(1 << 20), 256)).toThrow(`${(1 << 20) - 512} bytes after its 256 leaves`)
})
