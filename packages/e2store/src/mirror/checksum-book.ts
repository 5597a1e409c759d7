import type { Checksum } from '../execution/checksums.ts'
import { compareHistory, type HistoryName } from './history-name.ts'

/** What a list of checksums says of a file. */
export interface ListedChecksum {
  /** SHA-256, 64 lower-case hex digits; `undefined` if the list does not say which is that of the file. */
  readonly sha256?: string
}

/**
 * The checksums of one location, or of a list that the caller trusts.
 *
 * A list without names is in the order of the files: that is used only where the files are as many as the lines and are
 * numbered from 0 without a gap. Otherwise a file's hash can only be looked for in it.
 */
export class ChecksumBook {
  readonly #named: ReadonlyMap<string, string>
  readonly #byName = new Map<string, string>()
  readonly #unnamed: ReadonlySet<string>

  /** @param files those that the list is about, in any order */
  constructor(list: readonly Checksum[], files: readonly HistoryName[]) {
    this.#named = new Map(list.flatMap(({ name, sha256 }) => (name === undefined ? [] : [[name, sha256]])))
    const unnamed = list.filter(({ name }) => name === undefined)
    this.#unnamed = new Set(unnamed.map(({ sha256 }) => sha256))
    for (const series of new Set(files.map((file) => file.series))) {
      const ordered = files.filter((file) => file.series === series).sort(compareHistory)
      if (ordered.length !== unnamed.length || ordered.some(({ number }, i) => number !== i)) continue
      for (const [i, { name }] of ordered.entries()) this.#byName.set(name, unnamed[i]?.sha256 ?? '')
    }
  }

  /** Whether there are hashes of which it is not known which file's they are. */
  get isUnordered(): boolean {
    return this.#unnamed.size > 0 && this.#byName.size === 0
  }

  /** The names that the list has. */
  get names(): Iterable<string> {
    return this.#named.keys()
  }

  /** The hash that the file must have. */
  of(name: string): string | undefined {
    return this.#named.get(name) ?? this.#byName.get(name)
  }

  /** Whether the hash is in the list without names. */
  has(sha256: string): boolean {
    return this.#unnamed.has(sha256)
  }
}
