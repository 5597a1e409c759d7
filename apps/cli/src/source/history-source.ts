import { setTimeout as sleep } from 'node:timers/promises'
import type { History } from '@datastreamer/archive'
import { BOOKMARK_TYPE, type EntriesOptions, type Entry, type Header } from '@datastreamer/format'
import type { StreamSource } from './stream-source.ts'

/** How often it is looked whether a history has grown. */
const REFRESH_MS = 5000

/** A stream in a history. Where it is followed, what is published later comes too. */
export class HistoryStream implements StreamSource {
  readonly name: string
  readonly file = undefined
  readonly firstEntry = 0n
  readonly #history: History

  constructor(history: History) {
    this.name = history.name
    this.#history = history
  }

  getHeader(): Header {
    return this.#history.getHeader()
  }

  getEntry(number: bigint): Promise<Entry | undefined> {
    return this.#history.entry(number)
  }

  async getFirstEventAfterBookmark(bookmark: Uint8Array): Promise<Entry | undefined> {
    const number = await this.#history.bookmark(bookmark)
    if (number === undefined || number + 1n >= this.getHeader().totalEntries) return undefined
    for await (const entry of this.#history.entries({ from: number + 1n })) {
      if (entry.type !== BOOKMARK_TYPE) return entry
    }
    return undefined
  }

  async *entries(options?: EntriesOptions): AsyncGenerator<Entry, void, void> {
    for await (const batch of this.batches(options)) yield* batch
  }

  async *batches(options: EntriesOptions = {}): AsyncGenerator<readonly Entry[], void, void> {
    const { follow = true, signal, to } = options
    let { from } = options
    for (;;) {
      const end = this.getHeader().totalEntries
      yield* this.#history.batches({ ...options, from })
      if (!follow || to !== undefined) return
      while (this.getHeader().totalEntries === end) {
        await sleep(REFRESH_MS, undefined, signal && { signal })
        await this.#history.refresh({ signal })
      }
      from = end
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#history[Symbol.asyncDispose]()
  }
}
