import { Mutex } from './mutex.ts'

/** Syncs of one file, one at a time: of several under way, the system reports a loss to only one. */
export class CountedSyncs {
  readonly #mutex = new Mutex()
  #failures = 0

  /** Number of syncs that have failed. */
  get failures(): number {
    return this.#failures
  }

  /**
   * @param failures {@link CountedSyncs.failures} as it was before the write: if another sync has failed since, that may have
   * lost the written bytes
   */
  async run(sync: () => Promise<void>, failures?: number): Promise<void> {
    await this.#mutex.run(async () => {
      try {
        await sync()
      } catch (error) {
        this.#failures++
        throw error
      }
      if (failures !== undefined && failures !== this.#failures) throw new Error('a sync failed')
    })
  }
}
