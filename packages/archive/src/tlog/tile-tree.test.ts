import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fastSha256 as sha256 } from '../../test/support/fast-sha256.ts'
import { encodeBundle } from './bundle.ts'
import { TreeError } from './errors.ts'
import { inclusionProof, isConsistent, leafHash, rootOfInclusion, treeRoot } from './merkle.ts'
import { utf8 } from './text.ts'
import { tilePath } from './tile-path.ts'
import { TileTree } from './tile-tree.ts'
import { bundleOf } from './tiles.ts'
import { TreeHashes } from './tree-hashes.ts'

const SIZE = 66_000
const leaf = (index: number): Uint8Array => utf8(`leaf ${index}`)
const all = new TreeHashes(sha256)
for (let i = 0; i < SIZE; i++) all.append(leafHash(sha256, leaf(i)))

const trees = new Map<number, ReadonlyMap<string, Uint8Array>>()
function tilesOf(size: number): ReadonlyMap<string, Uint8Array> {
  const tiles = trees.get(size) ?? new Map([...all.tiles(0, size)].map(({ path, bytes }) => [path, bytes]))
  trees.set(size, tiles)
  return tiles
}

/** Everything that a log of `size` leaves has, tiles and the bundles asked for. */
function objectsOf(size: number): (path: string) => Uint8Array | undefined {
  const tiles = tilesOf(size)
  return (path) => {
    const made = tiles.get(path)
    if (made !== undefined || !path.startsWith('tile/entries/')) return made
    for (let first = 0; first < size; first += 256) {
      const ref = bundleOf(first, size)
      if (tilePath(ref) !== path) continue
      return encodeBundle(Array.from({ length: ref.width }, (_, i) => leaf(first + i)))
    }
    return undefined
  }
}

const treeOf = (size: number, fetch: (path: string) => Uint8Array | undefined = objectsOf(size)): TileTree =>
  new TileTree({ size, root: all.root(size), sha256, fetch: async (path) => fetch(path) })

test('the root of a log that grows is that of all its leaves', () => {
  for (let size = 0; size <= 600; size++) expect(all.root(size)).toEqual(treeRoot(sha256, all.leaves(0, size)))
  for (const size of [65_535, 65_536, 65_537, SIZE]) {
    expect(all.root(size)).toEqual(treeRoot(sha256, all.leaves(0, size)))
  }
})

const sizes = fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constantFrom(65_535, 65_536, 65_537, 65_792, SIZE))

test('proofs made from tiles lead to the root', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), async (size, at) => {
      const index = at % size
      const tree = treeOf(size)
      const proof = await tree.inclusionProof(index)
      expect(rootOfInclusion(sha256, await tree.leaf(index), proof, { index, size })).toEqual(all.root(size))
      if (size <= 600) expect(proof).toEqual(inclusionProof(sha256, all.leaves(0, size), index))
      const old = { size: at % (size + 1), root: all.root(at % (size + 1)) }
      const now = { size, root: all.root(size) }
      expect(isConsistent(sha256, old, now, await tree.consistencyProof(old.size))).toBe(true)
      expect((await tree.bundle(index))[index % 256]).toEqual(leaf(index))
    }),
    { numRuns: 60 },
  )
})

describe('a log that is not what its checkpoint says', () => {
  test('a flipped bit in anything that is read is found', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(), fc.nat(), async (size, at, which, bit) => {
        const objects = objectsOf(size)
        const read: string[] = []
        const index = at % size
        const use = async (tree: TileTree): Promise<void> => {
          await tree.bundle(index)
          await tree.leaf(index)
          await tree.consistencyProof(Math.ceil(size / 2))
        }
        const recording = treeOf(size, (path) => {
          read.push(path)
          return objects(path)
        })
        await use(recording)
        const bad = read[which % read.length]
        const changed = treeOf(size, (path) => {
          const bytes = objects(path)?.slice()
          const byte = bit % (bytes?.length ?? 1)
          if (path === bad && bytes !== undefined) bytes[byte] = (bytes[byte] ?? 0) ^ (1 << (bit % 8))
          return bytes
        })
        await expect(use(changed)).rejects.toThrow(TreeError)
      }),
      { numRuns: 60 },
    )
  })

  /** What a hostile store may give in the place of an object: another one, one of another size, or anything. */
  const lies = fc.record({
    share: fc.integer({ min: 1, max: 4 }),
    kind: fc.constantFrom('other path', 'other size', 'shorter', 'longer', 'nothing', 'none', 'noise', 'swapped'),
    seed: fc.nat(),
  })
  type Lie = typeof lies extends fc.Arbitrary<infer T> ? T : never

  function lyingStore(size: number, { share, kind, seed }: Lie): (path: string) => Uint8Array | undefined {
    const [objects, others] = [objectsOf(size), objectsOf(size > 600 ? 65_700 : 600 - (seed % 500))]
    const paths = [...tilesOf(size).keys()]
    let asked = seed
    return (path) => {
      const bytes = objects(path)
      if (asked++ % share > 0) return bytes
      if (kind === 'none') return undefined
      if (kind === 'other path') return objects(paths[asked % paths.length] ?? '')
      if (kind === 'other size') return others(path) ?? others(path.replace(/\.p\/\d+$/, '')) ?? bytes
      if (kind === 'nothing' || bytes === undefined) return new Uint8Array(0)
      if (kind === 'shorter') return bytes.subarray(0, Math.max(0, bytes.length - 32))
      if (kind === 'longer') return Uint8Array.of(...bytes, ...bytes.subarray(0, 32))
      if (kind === 'noise') return bytes.map((byte, i) => (i % 32 === asked % 32 ? byte + 1 : byte))
      return Uint8Array.of(...bytes.subarray(32), ...bytes.subarray(0, 32))
    }
  }

  test('whatever a store gives, nothing but the truth comes out', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), lies, async (size, at, lie) => {
        const index = at % size
        const old = 1 + (at % size)
        const [honest, other] = [treeOf(size), treeOf(size, lyingStore(size, lie))]
        const ask = [
          (tree: TileTree) => tree.bundle(index),
          (tree: TileTree) => tree.leaf(index),
          (tree: TileTree) => tree.inclusionProof(index),
          (tree: TileTree) => tree.consistencyProof(old),
        ]
        // Once more, in the other order: what was refused is not remembered as good, nor the other way round.
        for (const question of [...ask, ...ask.toReversed()]) {
          const answer = await question(other).catch((error: unknown) => error)
          if (!(answer instanceof TreeError)) expect(answer).toEqual(await question(honest))
        }
      }),
      { numRuns: 100 },
    )
  })

  test('a store that is whole again is read again', async () => {
    const objects = objectsOf(1000)
    let isThere = false
    const tree = treeOf(1000, (path) => (isThere ? objects(path) : undefined))
    await expect(tree.leaf(300)).rejects.toThrow(expect.objectContaining({ code: 'MISSING' }))
    isThere = true
    expect(await tree.leaf(300)).toEqual(all.leaf(300))
  })

  test('a fault of the store is passed on as it is', async () => {
    const fault = new Error('no route')
    const fetch = (): Promise<never> => Promise.reject(fault)
    const tree = new TileTree({ size: 1000, root: all.root(1000), sha256, fetch })
    await expect(tree.leaf(300)).rejects.toBe(fault)
    await expect(tree.bundle(300)).rejects.toBe(fault)
  })

  test('what is missing is named', async () => {
    const objects = objectsOf(1000)
    const tree = treeOf(1000, (path) => (path === 'tile/0/001' ? undefined : objects(path)))
    await expect(tree.leaf(300)).rejects.toThrow(expect.objectContaining({ code: 'MISSING', path: 'tile/0/001' }))
  })

  test('what is missing is asked for once, and a partial one under its full key', async () => {
    const read: string[] = []
    const tree = treeOf(512, (path) => {
      read.push(path)
      return undefined
    })
    await expect(tree.bundle(0)).rejects.toThrow(expect.objectContaining({ path: 'tile/entries/000' }))
    expect(read).toEqual(['tile/entries/000'])
    await expect(tree.leaf(0)).rejects.toThrow(expect.objectContaining({ path: 'tile/1/000.p/2' }))
    expect(read.slice(1)).toEqual(['tile/1/000.p/2', 'tile/1/000'])
  })

  test.each([-1, 1, 32])('a tile with %i bytes more is no tile', async (more) => {
    const objects = objectsOf(300)
    const tree = treeOf(300, (path) => {
      const bytes = objects(path)
      return bytes && Uint8Array.of(...bytes, ...new Uint8Array(32)).subarray(0, bytes.length + more)
    })
    await expect(tree.leaf(3)).rejects.toThrow(expect.objectContaining({ code: 'MALFORMED' }))
  })
})

test('partial tiles that were removed are read from the full ones', async () => {
  const [old, grown] = [objectsOf(600), objectsOf(1000)]
  const read: string[] = []
  const tree = treeOf(600, (path) => {
    read.push(path)
    return path.includes('.p/') && path.startsWith('tile/0/') ? undefined : (old(path) ?? grown(path))
  })
  expect(await tree.leaf(599)).toEqual(all.leaf(599))
  expect(read).toContain('tile/0/002')
  const bundles = treeOf(600, (path) =>
    path.includes('.p/') && path.includes('entries') ? undefined : (old(path) ?? grown(path)),
  )
  expect((await bundles.bundle(599)).length).toBe(600 - 512)
})

test.each([-1, 300, 540, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER])(
  'a tree of 300 leaves has no leaf %d',
  async (index) => {
    const [objects, others] = [objectsOf(300), objectsOf(SIZE)]
    const tree = treeOf(300, (path) => objects(path) ?? others(path))
    for (const answer of [tree.leaf(index), tree.bundle(index), tree.inclusionProof(index)]) {
      await expect(answer).rejects.toThrow(RangeError)
    }
    if (index !== 300) await expect(tree.consistencyProof(index)).rejects.toThrow(RangeError)
  },
)

test.each([
  [255, 3, ['tile/entries/000.p/255']],
  [256, 3, ['tile/entries/000']],
  [1000, 3, ['tile/entries/000', 'tile/1/000.p/3', 'tile/0/003.p/232']],
  [1000, 999, ['tile/entries/003.p/232', 'tile/1/000.p/3', 'tile/0/003.p/232']],
  [512, 300, ['tile/entries/001', 'tile/1/000.p/2']],
])('of %i leaves, the bundle of leaf %i is known by %j', async (size, index, paths) => {
  const objects = objectsOf(size)
  const read: string[] = []
  const tree = treeOf(size, (path) => {
    read.push(path)
    return objects(path)
  })
  expect((await tree.bundle(index))[index % 256]).toEqual(leaf(index))
  expect(read).toEqual(paths)
})

test('a tree without leaves has nothing to read', async () => {
  const tree = treeOf(0, () => {
    throw new Error('read')
  })
  await expect(tree.leaf(0)).rejects.toThrow(RangeError)
  expect(await tree.consistencyProof(0)).toEqual([])
})

test('an object is read once, however many ask at the same time', async () => {
  const objects = objectsOf(SIZE)
  const read: string[] = []
  const tree = treeOf(SIZE, (path) => {
    read.push(path)
    return objects(path)
  })
  await Promise.all(Array.from({ length: 600 }, (_, i) => tree.leaf(i)))
  await tree.inclusionProof(3)
  expect(read.length).toBe(new Set(read).size)
})
