import type { BookmarkKey } from './bookmark-key.ts'

/** Which record holds a bookmark. */
export interface BookmarkRow extends BookmarkKey {
  /** Index of the record. */
  readonly record: number
}

const FIELDS = 4
const FIRST_ROWS = 1024

/** Rows of a table that is being made, 16 bytes each. */
export class BookmarkRows {
  #fields = new Uint32Array(FIELDS * FIRST_ROWS)
  #rows = 0

  push({ high, low, key, record }: BookmarkRow): void {
    const at = FIELDS * this.#rows
    if (at === this.#fields.length) {
      const grown = new Uint32Array(2 * at)
      grown.set(this.#fields)
      this.#fields = grown
    }
    const fields = this.#fields
    fields[at] = high
    fields[at + 1] = low
    fields[at + 2] = key
    fields[at + 3] = record
    this.#rows++
  }

  /** Add the rows of another table. */
  append(others: BookmarkRows): void {
    for (let i = 0; i < others.#rows; i++) this.push(others.#at(i))
  }

  /** The rows in order of all their fields, each once. */
  sorted(): BookmarkRow[] {
    const rows = Array.from({ length: this.#rows }, (_, i) => this.#at(i)).sort(compare)
    return rows.filter((row, i) => {
      const before = rows[i - 1]
      return before === undefined || compare(before, row) !== 0
    })
  }

  #at(index: number): BookmarkRow {
    const [high = 0, low = 0, key = 0, record = 0] = this.#fields.subarray(FIELDS * index, FIELDS * (index + 1))
    return { high, low, key, record }
  }
}

function compare(a: BookmarkRow, b: BookmarkRow): number {
  return a.high - b.high || a.low - b.low || a.key - b.key || a.record - b.record
}
