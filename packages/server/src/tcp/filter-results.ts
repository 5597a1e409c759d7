/** Filters whose newest result is kept for the next reader that wants the same. */
const KEPT_FILTERS = 16

/** What a filter has left of entries that many readers are sent. */
interface Result {
  readonly of: Uint8Array
  readonly packets: readonly Uint8Array[]
}

/** The newest results of filters, so that readers at the head that want the same have one commit filtered once. */
export class FilterResults {
  /** By the filter's key; the one that was used last is the last. */
  readonly #newest = new Map<string, Result>()

  /** The packets left of `entries`, which must stay as they are; made by `filter` unless they are known. */
  of(key: string, entries: Uint8Array, filter: () => readonly Uint8Array[]): readonly Uint8Array[] {
    const known = this.#newest.get(key)
    const result = known?.of === entries ? known : { of: entries, packets: filter() }
    this.#newest.delete(key)
    this.#newest.set(key, result)
    const [oldest] = this.#newest.keys()
    if (this.#newest.size > KEPT_FILTERS && oldest !== undefined) this.#newest.delete(oldest)
    return result.packets
  }
}
