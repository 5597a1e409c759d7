import { sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { decodeBundle } from './bundle.ts'
import { TreeError } from './errors.ts'
import { isPowerOfTwo, leafHash, splitOf, type TreeState, treeRoot } from './merkle.ts'
import { TILE_WIDTH, type TileRef, tilePath } from './tile-path.ts'
import { bundleOf, hashesAt, tileLevels, tileOf } from './tiles.ts'

const HASH_BYTES = 32

export interface TileTreeOptions extends TreeState {
  /** The object at a path, whose memory is the tree's from then on; `undefined` if there is none. */
  readonly fetch: (path: string) => Promise<Uint8Array | undefined>
  readonly sha256: Sha256
}

type Tile = TileRef & { readonly level: number }

/**
 * The tree of one checkpoint, read from tiles. Nothing is used before it is known to lead to the checkpoint's root, and
 * only what is needed for that is read. What it gives borrows the memory of what was fetched: read only.
 *
 * @see https://c2sp.org/tlog-tiles@v0.1.0
 */
export class TileTree {
  readonly size: number
  readonly root: Uint8Array
  readonly #fetch: TileTreeOptions['fetch']
  readonly #sha256: Sha256
  readonly #tiles = new Map<string, Promise<readonly Uint8Array[]>>()
  #edge: Promise<ReadonlyMap<number, readonly Uint8Array[]>> | undefined

  constructor({ size, root, fetch, sha256 }: TileTreeOptions) {
    this.size = size
    this.root = root
    this.#fetch = fetch
    this.#sha256 = sha256
  }

  /**
   * The leaves of the bundle that leaf `index` is in.
   *
   * @throws {TreeError} @throws {RangeError} the tree has no such leaf
   */
  async bundle(index: number): Promise<readonly Uint8Array[]> {
    this.#checkIndex(index)
    const ref = bundleOf(index, this.size)
    const leaves = decodeBundle(...(await this.#object(ref))).slice(0, ref.width)
    const hashes = leaves.map((leaf) => leafHash(this.#sha256, leaf))
    if (!sameBytes(treeRoot(this.#sha256, hashes), await this.#rootOf(ref, index))) throw this.#wrong(ref)
    return leaves
  }

  /** The root of a bundle's leaves. */
  async #rootOf({ index: bundle, width }: TileRef, index: number): Promise<Uint8Array> {
    if (this.size <= TILE_WIDTH) return this.root
    if (width === TILE_WIDTH) return this.#hash(1, bundle)
    return treeRoot(this.#sha256, await this.#tile(tileOf(0, index, this.size)))
  }

  /** The hash of a leaf. @throws {TreeError} @throws {RangeError} the tree has no such leaf */
  async leaf(index: number): Promise<Uint8Array> {
    this.#checkIndex(index)
    return this.#hash(0, index)
  }

  /** The inclusion proof of a leaf. @throws {TreeError} @throws {RangeError} the tree has no such leaf */
  async inclusionProof(index: number): Promise<Uint8Array[]> {
    this.#checkIndex(index)
    const proof: Uint8Array[] = []
    let [from, to] = [0, this.size]
    while (to - from > 1) {
      const middle = from + splitOf(to - from)
      const isLeft = index < middle
      proof.unshift(await (isLeft ? this.#range(middle, to) : this.#range(from, middle)))
      if (isLeft) to = middle
      else from = middle
    }
    return proof
  }

  /** The proof that the first `old` leaves were the whole log once. @throws {TreeError} @throws {RangeError} it has fewer */
  async consistencyProof(old: number): Promise<Uint8Array[]> {
    if (old === 0 || old === this.size) return []
    this.#checkIndex(old)
    const proof: Uint8Array[] = []
    let [from, to] = [0, this.size]
    while (to > old) {
      const middle = from + splitOf(to - from)
      const isLeft = old <= middle
      proof.unshift(await (isLeft ? this.#range(middle, to) : this.#range(from, middle)))
      if (isLeft) to = middle
      else from = middle
    }
    return from === 0 ? proof : [await this.#range(from, to), ...proof]
  }

  /** The root of some leaves, `to` not included, that are a subtree. */
  async #range(from: number, to: number): Promise<Uint8Array> {
    const count = to - from
    let level = 0
    while (count % TILE_WIDTH ** (level + 1) === 0) level++
    const unit = TILE_WIDTH ** level
    if (from % count === 0 && count / unit <= TILE_WIDTH && isPowerOfTwo(count)) {
      const first = from / unit
      const hashes = await this.#tile(tileOf(level, first, this.size))
      const at = first % TILE_WIDTH
      return treeRoot(this.#sha256, hashes.slice(at, at + count / unit))
    }
    const middle = from + splitOf(count)
    return treeRoot(this.#sha256, [await this.#range(from, middle), await this.#range(middle, to)])
  }

  async #hash(level: number, index: number): Promise<Uint8Array> {
    const tile = tileOf(level, index, this.size)
    const hash = (await this.#tile(tile))[index % TILE_WIDTH]
    if (hash === undefined) throw this.#wrong(tile)
    return hash
  }

  /** The hashes of a tile, known to be right. */
  #tile(tile: Tile): Promise<readonly Uint8Array[]> {
    const path = tilePath(tile)
    const known = this.#tiles.get(path)
    if (known !== undefined) return known
    const loading = this.#load(tile)
    this.#tiles.set(path, loading)
    loading.catch(() => this.#tiles.delete(path))
    return loading
  }

  async #load(tile: Tile): Promise<readonly Uint8Array[]> {
    const edge = await this.#loadEdge()
    if (tile.width < TILE_WIDTH) {
      const hashes = edge.get(tile.level)
      if (hashes === undefined) throw this.#wrong(tile)
      return hashes
    }
    const expected = await this.#hash(tile.level + 1, tile.index)
    const hashes = await this.#hashesOf(tile)
    if (!sameBytes(treeRoot(this.#sha256, hashes), expected)) throw this.#wrong(tile)
    return hashes
  }

  /** The partial tiles, by level: together they give the root. */
  #loadEdge(): Promise<ReadonlyMap<number, readonly Uint8Array[]>> {
    this.#edge ??= this.#readEdge()
    this.#edge.catch(() => {
      this.#edge = undefined
    })
    return this.#edge
  }

  async #readEdge(): Promise<ReadonlyMap<number, readonly Uint8Array[]>> {
    const tiles: Tile[] = []
    for (let level = tileLevels(this.size) - 1; level >= 0; level--) {
      const hashes = hashesAt(level, this.size)
      if (hashes % TILE_WIDTH > 0) tiles.push(tileOf(level, hashes - 1, this.size))
    }
    const read = await Promise.all(tiles.map(async (tile) => [tile.level, await this.#hashesOf(tile)] as const))
    let carry: Uint8Array | undefined
    for (const [, hashes] of read.toReversed()) {
      carry = treeRoot(this.#sha256, carry === undefined ? hashes : [...hashes, carry])
    }
    if (!sameBytes(carry ?? treeRoot(this.#sha256, []), this.root)) {
      const paths = tiles.map(tilePath).join(', ')
      throw new TreeError('WRONG_HASH', `the hashes of ${paths} do not lead to the root of ${this.size} leaves`)
    }
    return new Map(read)
  }

  async #hashesOf(tile: Tile): Promise<Uint8Array[]> {
    const [bytes, width, path] = await this.#object(tile)
    if (bytes.length !== width * HASH_BYTES) {
      const message = `${path}: ${bytes.length} bytes, expected ${width * HASH_BYTES}`
      throw new TreeError('MALFORMED', message, { path })
    }
    return Array.from({ length: tile.width }, (_, i) => bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
  }

  /** The bytes of a tile or bundle; of a partial one that was removed, those of the full one. */
  async #object(ref: TileRef): Promise<readonly [bytes: Uint8Array, width: number, path: string]> {
    const path = tilePath(ref)
    const bytes = await this.#fetch(path)
    if (bytes !== undefined) return [bytes, ref.width, path]
    const full = { ...ref, width: TILE_WIDTH }
    const whole = ref.width < TILE_WIDTH ? await this.#fetch(tilePath(full)) : undefined
    if (whole !== undefined) return [whole, TILE_WIDTH, tilePath(full)]
    throw new TreeError('MISSING', `${path} is not there`, { path })
  }

  #checkIndex(index: number): void {
    if (Number.isSafeInteger(index) && index >= 0 && index < this.size) return
    throw new RangeError(`leaf ${index} of a log of ${this.size} leaves`)
  }

  #wrong(ref: TileRef): TreeError {
    const path = tilePath(ref)
    return new TreeError('WRONG_HASH', `${path}: its hashes do not lead to the root of ${this.size} leaves`, { path })
  }
}
