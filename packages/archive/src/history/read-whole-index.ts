import type { Signal } from '@datastreamer/format'
import type { Sha256 } from '../sha256.ts'
import { MAX_BUNDLE_BYTES } from '../tlog/bundle.ts'
import type { TreeState } from '../tlog/merkle.ts'
import { TILE_WIDTH } from '../tlog/tile-path.ts'
import { TileTree } from '../tlog/tile-tree.ts'
import { ahead } from './ahead.ts'
import { type Bundles, type BundleWanted, bundleOf } from './bundles.ts'
import type { OnNotice } from './history-notice.ts'
import type { Fetch, Mirrors } from './mirrors.ts'
import { WholeIndex } from './whole-index.ts'

/** Bundles that are read at once. */
const BUNDLES_AT_ONCE = 8

/** What all reading of leaves needs. */
export interface LeafReading {
  readonly mirrors: Mirrors
  readonly bundles: Bundles
  readonly sha256: Sha256
  readonly onNotice: OnNotice
}

/** Read all leaves. @param wanted all bundles, in order @throws {HistoryError} */
export async function readBundles(
  { bundles, sha256 }: LeafReading,
  wanted: readonly BundleWanted[],
  signal?: Signal,
): Promise<WholeIndex> {
  return new WholeIndex(await inOrder(wanted, (each) => bundles.get(each, signal), signal), sha256)
}

/** As {@link readBundles}, of a log of which nothing is known but the root. @throws {HistoryError} */
export async function readTree(
  reading: LeafReading,
  state: TreeState,
  signal: Signal | undefined,
): Promise<WholeIndex> {
  const bundles = await readLeaves(reading, state, signal)
  return new WholeIndex(
    bundles.map((leaves, i) => bundleOf(leaves, TILE_WIDTH * i, reading.sha256)),
    reading.sha256,
  )
}

/** All leaves of a log, encoded, in bundles: tiles say what these have to be. @throws {HistoryError} */
export function readLeaves(
  { mirrors, sha256 }: Pick<LeafReading, 'mirrors' | 'sha256'>,
  state: TreeState,
  signal: Signal | undefined,
): Promise<readonly (readonly Uint8Array[])[]> {
  const firsts = Array.from({ length: Math.ceil(state.size / TILE_WIDTH) }, (_, i) => TILE_WIDTH * i)
  const work = (fetch: Fetch): Promise<readonly (readonly Uint8Array[])[]> => {
    const options = { sha256, fetch: (key: string) => fetch({ key, maxBytes: MAX_BUNDLE_BYTES }) }
    const tree = new TileTree({ ...state, ...options })
    return inOrder(firsts, (index) => tree.bundle(index), signal)
  }
  return mirrors.readTogether(`the tree of ${state.size} leaves`, work, signal)
}

async function inOrder<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  signal: Signal | undefined,
): Promise<readonly R[]> {
  const results: R[] = []
  for await (const result of ahead(items, work, { limit: () => BUNDLES_AT_ONCE, signal })) results.push(result)
  return results
}
