import type { Signal } from '@datastreamer/format'
import { sameBytes } from '../digest-chain.ts'
import { decodeLeaf } from '../leaf/decode-leaf.ts'
import { HistoryError } from '../leaf/history-error.ts'
import type { Leaf } from '../leaf/leaf.ts'
import { BUNDLE_LEAVES } from '../leaf/lookup.ts'
import type { Sha256 } from '../sha256.ts'
import { decodeBundle, leafHash, tileKey, treeRoot } from './interim.ts'
import type { Mirrors, Wanted } from './mirrors.ts'
import { SharedCache } from './shared-cache.ts'

const CACHE_BYTES = 16 * 1024 * 1024
/** With its length in two bytes. */
const MAX_LEAF_BYTES = 2 + 0xffff

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

interface RawBundle {
  readonly leaves: readonly Uint8Array[]
  readonly hashes: readonly Uint8Array[]
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
      const { leaves, hashes } = await this.#read(wanted)
      const decoded = leaves.map((leaf, i) => decodeLeaf(leaf, BUNDLE_LEAVES * wanted.index + i))
      const bytes = leaves.reduce((sum, { length }) => sum + length, 0)
      return { value: { leaves: decoded, hashes }, bytes }
    }
    return this.#cache.get(tileKey('entries', wanted.index, wanted.width), load, signal)
  }

  /** A partial bundle may be gone once the full one is there, which has the same leaves. docs/spec/history.md §1. */
  async #read(wanted: BundleWanted): Promise<RawBundle> {
    const whole = this.#wanted(wanted, BUNDLE_LEAVES)
    if (wanted.width === BUNDLE_LEAVES) return this.#mirrors.read(whole, undefined)
    const partial = this.#wanted(wanted, wanted.width)
    const found = await this.#mirrors.readIfThere(partial, undefined)
    return found ?? (await this.#mirrors.readIfThere(whole, undefined)) ?? this.#mirrors.read(partial, undefined)
  }

  #wanted({ index, width, root }: BundleWanted, stored: number): Wanted<RawBundle> {
    const key = tileKey('entries', index, stored)
    const check = (bytes: Uint8Array): RawBundle => {
      const leaves = decodeBundle(bytes)
      const wrong = (what: string): HistoryError => new HistoryError('WRONG_CONTENT', `${key}: ${what}`, { key })
      if (leaves.length !== stored) throw wrong(`${leaves.length} leaves, expected ${stored}`)
      const used = leaves.slice(0, width)
      const hashes = used.map((leaf) => leafHash(leaf, this.#sha256))
      if (!sameBytes(treeRoot(hashes, this.#sha256), root)) throw wrong('not the leaves that the log has')
      return { leaves: used, hashes }
    }
    return { key, maxBytes: stored * MAX_LEAF_BYTES, check }
  }
}
