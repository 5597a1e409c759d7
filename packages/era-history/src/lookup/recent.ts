const MAX_KEPT = 4096

/** Remembers what was found most recently by hashes; what was not found is looked for again. */
export class Recent<T> {
  readonly #kept = new Map<string, T>()

  async get(hash: string, find: () => Promise<T | undefined>): Promise<T | undefined> {
    const known = this.#kept.get(hash)
    if (known !== undefined) return known
    const found = await find()
    if (found !== undefined) this.put(hash, found)
    return found
  }

  put(hash: string, found: T): void {
    this.#kept.set(hash, found)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }

  clear(): void {
    this.#kept.clear()
  }
}
