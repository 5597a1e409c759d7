import { Mutex } from './mutex.ts'

/** Syncs of one file, one at a time: the system reports a loss to only one of those under way. */
export class CountedSyncs {
  readonly #mutex = new Mutex()
  #failures = 0

  /** Syncs that failed so far. */
  get failures(): number {
    return this.#failures
  }

  /**
   * @param failures {@link CountedSyncs.failures} from before what is to be durable was written: it may be among what
   * another sync has lost since
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
