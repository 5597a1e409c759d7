import { InternalError, type Signal } from '@datastreamer/format'
import type { Sha256 } from '../sha256.ts'
import { ahead } from './ahead.ts'
import type { Bundle, Bundles, BundleWanted } from './bundles.ts'
import type { OnNotice } from './history-notice.ts'
import type { Checkpoint } from './interim.ts'
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
export async function readWholeIndex(
  { bundles, sha256 }: LeafReading,
  wanted: readonly BundleWanted[],
  signal?: Signal,
): Promise<WholeIndex> {
  const read: Bundle[] = []
  const options = { limit: () => BUNDLES_AT_ONCE, signal }
  for await (const bundle of ahead(wanted, (each) => bundles.get(each, signal), options)) read.push(bundle)
  return new WholeIndex(read, sha256)
}

/** What each bundle has to lead to, read from the tiles above them. */
export async function bundleRoots(
  _reading: LeafReading,
  _checkpoint: Checkpoint,
  _signal: Signal | undefined,
): Promise<readonly BundleWanted[]> {
  throw new InternalError('INVARIANT', 'not yet')
}
