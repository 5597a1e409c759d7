import { concatBytes } from '@datastreamer/format'
import type { Sha256 } from '../sha256.ts'
import { treeRoot } from './merkle.ts'
import { TILE_WIDTH, type TileRef, tilePath } from './tile-path.ts'
import { newTiles } from './tiles.ts'

/** An object to store. */
export interface TreeObject {
  readonly path: string
  readonly bytes: Uint8Array
}

/**
 * The hashes of a log that grows, all in memory: 32 bytes for each leaf, and a 255th of that.
 *
 * Invariant: level L + 1 has one hash for every 256 of level L.
 */
export class TreeHashes {
  readonly #sha256: Sha256
  readonly #levels: Uint8Array[][] = [[]]

  constructor(sha256: Sha256) {
    this.#sha256 = sha256
  }

  /** Leaves so far. */
  get size(): number {
    return this.#levels[0]?.length ?? 0
  }

  /** Append the hash of a leaf. */
  append(hash: Uint8Array): void {
    this.#push(0, hash)
  }

  /** The hash of a leaf. */
  leaf(index: number): Uint8Array | undefined {
    return this.#levels[0]?.[index]
  }

  /** Hashes of leaves, `to` not included. */
  leaves(from: number, to: number): readonly Uint8Array[] {
    return this.#levels[0]?.slice(from, to) ?? []
  }

  /** The root of the first `size` leaves. @throws {RangeError} there are fewer */
  root(size: number = this.size): Uint8Array {
    this.#checkSize(size)
    let carry: Uint8Array | undefined
    for (const [level, hashes] of this.#levels.entries()) {
      const has = Math.floor(size / TILE_WIDTH ** level)
      const edge = hashes.slice(has - (has % TILE_WIDTH), has)
      if (carry !== undefined) edge.push(carry)
      if (edge.length > 0) carry = treeRoot(this.#sha256, edge)
    }
    return carry ?? treeRoot(this.#sha256, [])
  }

  /** The tiles that the tree of the first `size` leaves has and that of `from` leaves has not. @throws {RangeError} */
  *tiles(from: number, size: number = this.size): Generator<TreeObject, void, void> {
    this.#checkSize(size)
    for (const tile of newTiles(from, size)) yield { path: tilePath(tile), bytes: this.#tile(tile) }
  }

  #checkSize(size: number): void {
    if (size > this.size) throw new RangeError(`a tree of ${size} leaves, of which there are ${this.size}`)
  }

  #tile({ level, index, width }: TileRef & { readonly level: number }): Uint8Array {
    return concatBytes(this.#levels[level]?.slice(index * TILE_WIDTH, index * TILE_WIDTH + width) ?? [])
  }

  #push(level: number, hash: Uint8Array): void {
    this.#levels[level] ??= []
    const hashes = this.#levels[level]
    hashes.push(hash)
    if (hashes.length % TILE_WIDTH === 0) this.#push(level + 1, treeRoot(this.#sha256, hashes.slice(-TILE_WIDTH)))
  }
}
