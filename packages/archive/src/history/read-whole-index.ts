import type { Signal } from '@datastreamer/format'
import { BUNDLE_LEAVES } from '../leaf/lookup.ts'
import type { Sha256 } from '../sha256.ts'
import type { TreeState } from '../tlog/merkle.ts'
import { TileTree } from '../tlog/tile-tree.ts'
import { ahead } from './ahead.ts'
import { type Bundle, type Bundles, type BundleWanted, bundleOf, MAX_BUNDLE_BYTES } from './bundles.ts'
import type { OnNotice } from './history-notice.ts'
import type { Mirrors } from './mirrors.ts'
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

/** Read all leaves of a log of which nothing is known but the root: tiles say what bundles have to be. @throws {HistoryError} */
export async function readTree(
  { mirrors, sha256 }: LeafReading,
  state: TreeState,
  signal: Signal | undefined,
): Promise<WholeIndex> {
  const firsts = Array.from({ length: Math.ceil(state.size / BUNDLE_LEAVES) }, (_, i) => BUNDLE_LEAVES * i)
  const work = async (fetch: (key: string) => Promise<Uint8Array | undefined>): Promise<readonly Bundle[]> => {
    const tree = new TileTree({ ...state, sha256, fetch })
    return inOrder(firsts, async (index) => bundleOf(await tree.bundle(index), index, sha256), signal)
  }
  const bundles = await mirrors.readTogether(
    `the tree of ${state.size} leaves`,
    (fetch) => work((key) => fetch({ key, maxBytes: MAX_BUNDLE_BYTES })),
    signal,
  )
  return new WholeIndex(bundles, sha256)
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
