import { ChecksumFinder, type ChecksumList } from '../execution/checksums.ts'
import type { HistoryName } from './history-name.ts'

/**
 * The checksums of one location, or of a list that the caller trusts, for files of several series: a list without names is
 * in the order of the files of one of them.
 */
export class ChecksumBook {
  readonly #list: ChecksumList
  readonly #finders = new Map<string, ChecksumFinder>()
  /** Finds by name only. */
  readonly #named: ChecksumFinder

  /** @param files those that the list is about, in any order */
  constructor(list: ChecksumList, files: readonly HistoryName[]) {
    this.#list = list
    this.#named = new ChecksumFinder(list, [])
    for (const series of new Set(files.map((file) => file.series))) {
      const names = files.filter((file) => file.series === series).map(({ name }) => name)
      this.#finders.set(series, new ChecksumFinder(list, names))
    }
  }

  /** Why it is not known whose the hashes without names are, if there are any. */
  get notByPosition(): string | undefined {
    const finders = [...this.#finders.values()]
    return finders.every((finder) => finder.notByPosition !== undefined) ? finders[0]?.notByPosition : undefined
  }

  /** The names that the list has. */
  get names(): readonly string[] {
    return this.#list.entries.flatMap(({ name }) => name ?? [])
  }

  /** The hash that a file must have. */
  of({ name, series }: HistoryName): string | undefined {
    const found = (this.#finders.get(series) ?? this.#named).find(name)
    return found === undefined || found.by === 'set' ? undefined : found.sha256
  }
}
