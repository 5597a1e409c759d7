/** First in, first out, however many there are: an array's own `shift` moves all that is left. */
export class Queue<T> {
  #items: T[] = []
  #next = 0

  get size(): number {
    return this.#items.length - this.#next
  }

  get first(): T | undefined {
    return this.#items[this.#next]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** Take the first out. */
  shift(): T | undefined {
    const { first } = this
    if (this.size > 0) this.#next++
    if (2 * this.#next > this.#items.length) {
      this.#items = this.#items.slice(this.#next)
      this.#next = 0
    }
    return first
  }

  /** Take all out. */
  clear(): T[] {
    const items = this.toArray()
    this.#items = []
    this.#next = 0
    return items
  }

  toArray(): T[] {
    return this.#items.slice(this.#next)
  }
}
