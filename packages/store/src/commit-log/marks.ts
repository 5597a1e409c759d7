import type { EntryRange } from '../log/entry-range.ts'
import type { Records } from './find-record.ts'
import { markedRanges } from './marked-ranges.ts'

/** Whether records of a commit log may be marked as damaged: if not, none has to be read to find those. */
export class Marks {
  #mayExist = false

  get mayExist(): boolean {
    return this.#mayExist
  }

  /** There are some, says the last checkpoint. */
  found(): void {
    this.#mayExist = true
  }

  /** Before the first mark: after a crash marks are searched only if the last checkpoint says that there are some. */
  async announce(writeCheckpoint: () => Promise<void>): Promise<void> {
    if (this.#mayExist) return
    this.#mayExist = true
    await writeCheckpoint().catch((error: unknown) => {
      this.#mayExist = false
      throw error
    })
  }

  /** The ranges whose records are marked. Reads all records, if there may be any. */
  async *ranges(records: Records): AsyncGenerator<EntryRange, void, void> {
    if (!this.#mayExist) return
    let found = false
    for await (const range of markedRanges(records)) {
      found = true
      yield range
    }
    this.#mayExist = found
  }
}
