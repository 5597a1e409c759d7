import type { History } from '@datastreamer/archive'
import type { EntriesOptions, Entry, Header, HistorySource, OperationEvent, Signal } from '@datastreamer/format'

/**
 * A history that is opened when something of it is asked for, and again after that failed: a relay starts also while it
 * cannot be reached.
 */
export class LazyHistory implements HistorySource {
  readonly name: string
  readonly #open: () => Promise<History>
  #opened: Promise<History> | undefined

  /** @param name as it was named */
  constructor(name: string, open: () => Promise<History>) {
    this.name = name
    this.#open = open
  }

  async getHeader(): Promise<Header> {
    return (await this.#history()).getHeader()
  }

  async refresh(options: { readonly signal?: Signal | undefined } = {}): Promise<Header> {
    return (await this.#history()).refresh(options)
  }

  async *entries(options?: EntriesOptions): AsyncGenerator<Entry, void, void> {
    yield* (await this.#history()).entries(options)
  }

  async *batches(options?: EntriesOptions): AsyncGenerator<readonly Entry[], void, void> {
    yield* (await this.#history()).batches(options)
  }

  async *operations(options?: EntriesOptions): AsyncGenerator<OperationEvent, void, void> {
    yield* (await this.#history()).operations(options)
  }

  #history(): Promise<History> {
    const opened = this.#opened ?? this.#open()
    this.#opened = opened
    opened.catch(() => {
      this.#opened = undefined
    })
    return opened
  }
}
