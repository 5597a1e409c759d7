/** The most recently used values by key, at most so many of them; asked for twice at once, a value is made once. */
export class RecentValues<Key, Value> {
  readonly #most: number
  readonly #kept = new Map<Key, Promise<Value>>()

  constructor(most: number) {
    this.#most = most
  }

  get(key: Key, make: () => Promise<Value>): Promise<Value> {
    const known = this.#kept.get(key)
    this.#kept.delete(key)
    const value = known ?? make()
    this.#kept.set(key, value)
    if (known === undefined) value.catch(() => this.#kept.delete(key))
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) break
      this.#kept.delete(oldest)
    }
    return value
  }
}

/** A value that is made when it is asked for, and kept unless that fails. */
export class KeptValue<Value> {
  #kept: Promise<Value> | undefined

  get(make: () => Promise<Value>): Promise<Value> {
    if (this.#kept !== undefined) return this.#kept
    const value = make()
    this.#kept = value
    value.catch(() => {
      if (this.#kept === value) this.#kept = undefined
    })
    return value
  }

  forget(): void {
    this.#kept = undefined
  }
}
