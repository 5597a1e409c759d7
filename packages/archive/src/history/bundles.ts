import type { Signal } from '@datastreamer/format'
import { decodeLeaf } from '../leaf/decode-leaf.ts'
import { HistoryError } from '../leaf/history-error.ts'
import type { Leaf } from '../leaf/leaf.ts'
import { hexOf, sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { decodeBundle, MAX_BUNDLE_BYTES } from '../tlog/bundle.ts'
import { leafHash, treeRoot } from '../tlog/merkle.ts'
import { TILE_WIDTH, tilePath } from '../tlog/tile-path.ts'
import type { Mirrors, Wanted } from './mirrors.ts'
import { SharedCache } from './shared-cache.ts'

/** Decoded, leaves take several times their bytes. */
const CACHE_BYTES = 8 * 1024 * 1024

/** The leaves of a bundle, as the log has them. */
export interface Bundle {
  readonly leaves: readonly Leaf[]
  readonly hashes: readonly Uint8Array[]
}

/** Which bundle, how many of its leaves the log has, and what these have to lead to. */
export interface BundleWanted {
  readonly index: number
  readonly width: number
  readonly root: Uint8Array
}

/** The bundle of encoded leaves, of which the first has index `first`. @throws {HistoryError} `BAD_LEAF` */
export function bundleOf(leaves: readonly Uint8Array[], first: number, sha256: Sha256): Bundle {
  return {
    leaves: leaves.map((leaf, i) => decodeLeaf(leaf, first + i)),
    hashes: leaves.map((leaf) => leafHash(sha256, leaf)),
  }
}

/** The bundles of a log: fetched, verified, and some of them kept. */
export class Bundles {
  readonly #mirrors: Mirrors
  readonly #sha256: Sha256
  readonly #cache = new SharedCache<Bundle>(CACHE_BYTES)

  constructor(mirrors: Mirrors, sha256: Sha256) {
    this.#mirrors = mirrors
    this.#sha256 = sha256
  }

  /** @throws {HistoryError} */
  get(wanted: BundleWanted, signal?: Signal): Promise<Bundle> {
    const load = async (): Promise<{ readonly value: Bundle; readonly bytes: number }> => {
      const leaves = await this.#read(wanted)
      const value = bundleOf(leaves, TILE_WIDTH * wanted.index, this.#sha256)
      return { value, bytes: leaves.reduce((sum, { length }) => sum + length, 0) }
    }
    return this.#cache.get(`${wanted.index} ${wanted.width} ${hexOf(wanted.root)}`, load, signal)
  }

  /** A partial bundle may be gone once the full one is there, which has the same leaves. docs/spec/history.md §1. */
  async #read(wanted: BundleWanted): Promise<readonly Uint8Array[]> {
    const whole = this.#wanted(wanted, TILE_WIDTH)
    if (wanted.width === TILE_WIDTH) return this.#mirrors.read(whole, undefined)
    const partial = this.#wanted(wanted, wanted.width)
    const found = await this.#mirrors.readIfThere(partial, undefined)
    return found ?? (await this.#mirrors.readIfThere(whole, undefined)) ?? this.#mirrors.read(partial, undefined)
  }

  #wanted({ index, width, root }: BundleWanted, stored: number): Wanted<readonly Uint8Array[]> {
    const key = tilePath({ level: 'entries', index, width: stored })
    const check = (bytes: Uint8Array): readonly Uint8Array[] => {
      const leaves = decodeBundle(bytes, stored, key).slice(0, width)
      const hashes = leaves.map((leaf) => leafHash(this.#sha256, leaf))
      if (sameBytes(treeRoot(this.#sha256, hashes), root)) return leaves
      throw new HistoryError('WRONG_CONTENT', `${key}: not the leaves that the log has`, { key })
    }
    return { key, maxBytes: MAX_BUNDLE_BYTES, check }
  }
}
