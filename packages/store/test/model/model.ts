import { BOOKMARK_TYPE } from '@datastreamer/format'

/** An entry as the model keeps it. */
export interface Item {
  readonly type: number
  readonly data: Uint8Array
}

/** The state of a store: what is committed, what the open operation holds, and the operation boundaries. */
export class Model {
  items: Item[] = []
  open: Item[] | undefined
  /** Every number at which the log may have ended since all commits were last awaited. */
  ends = new Set([0])

  /** The committed entries, and those of the open operation. */
  get next(): number {
    return this.items.length + (this.open?.length ?? 0)
  }

  commit(): void {
    this.items = [...this.items, ...(this.open ?? [])]
    this.open = undefined
    this.ends.add(this.items.length)
  }

  /** Number of the last entry that is this bookmark, or -1; ones of 0 bytes or more than 16 cannot be looked up. */
  find(key: Uint8Array): number {
    if (key.length < 1 || key.length > 16) return -1
    return this.items.findLastIndex(({ type, data }) => type === BOOKMARK_TYPE && same(data, key))
  }

  /** Number of the first entry after `number` that is not a bookmark, or -1. */
  eventAfter(number: number): number {
    return this.items.findIndex(({ type }, at) => at > number && type !== BOOKMARK_TYPE)
  }

  dataBetween(from: number, to: number): Uint8Array {
    const events = this.items.slice(from, to).filter(({ type }) => type !== BOOKMARK_TYPE)
    return Uint8Array.from(Buffer.concat(events.map(({ data }) => data)))
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
