import { TILE_WIDTH, type TileRef } from './tile-path.ts'

/** How many hashes a tree of `size` leaves has in tiles of a level: roots of full subtrees of 256^level leaves. */
export function hashesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level)
}

/** How many levels of tiles a tree has. */
export function tileLevels(size: number): number {
  let level = 0
  while (hashesAt(level, size) > 0) level++
  return level
}

/** The tile that holds hash `index` of a level, as wide as it is in a tree of `size` leaves. */
export function tileOf(level: number, index: number, size: number): TileRef & { readonly level: number } {
  const tile = Math.floor(index / TILE_WIDTH)
  return { level, index: tile, width: Math.min(TILE_WIDTH, hashesAt(level, size) - TILE_WIDTH * tile) }
}

/** The bundle that holds leaf `index`, as wide as it is in a tree of `size` leaves. */
export function bundleOf(index: number, size: number): TileRef {
  return { ...tileOf(0, index, size), level: 'entries' }
}

/** The tiles of a tree that one of `from` leaves does not have, level by level: full ones, and the partial ones of `size`. */
export function* newTiles(from: number, size: number): Generator<TileRef & { readonly level: number }, void, void> {
  for (let level = 0; level < tileLevels(size); level++) {
    const had = hashesAt(level, from)
    const has = hashesAt(level, size)
    if (had === has) continue
    for (let at = had - (had % TILE_WIDTH); at < has; at += TILE_WIDTH) yield tileOf(level, at, size)
  }
}

/** The bundles of a tree that one of `from` leaves does not have. */
export function* newBundles(from: number, size: number): Generator<TileRef, void, void> {
  for (let at = from - (from % TILE_WIDTH); at < size; at += TILE_WIDTH) yield bundleOf(at, size)
}
