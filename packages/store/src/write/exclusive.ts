import type { Checkpointer } from './checkpointer.ts'
import type { CommitPipeline } from './commit-pipeline.ts'
import type { FileWatch } from './file-watch.ts'
import type { StateOfStore } from './store-state.ts'

export interface ExclusiveParts {
  readonly pipeline: CommitPipeline
  readonly checkpointer: Checkpointer
  readonly fileWatch: FileWatch
  readonly state: StateOfStore
}

/** What runs while nothing is committed: after all that was queued before it. */
export class Exclusive {
  readonly #parts: ExclusiveParts

  constructor(parts: ExclusiveParts) {
    this.#parts = parts
  }

  /** Change committed bytes, beside nothing. @throws {DiskError} `STORE_BROKEN`, `FILE_REPLACED`, `FOREIGN_WRITER` */
  async change(work: () => Promise<void>): Promise<void> {
    const { pipeline, checkpointer, state, fileWatch } = this.#parts
    await pipeline.run(async () => {
      if (state.broken !== undefined) throw state.broken
      await fileWatch.mustBeSound()
      await checkpointer.alone(work)
    })
  }

  /** Do what must not be done while a group is committed or the log is truncated. @throws {DiskError} `STORE_BROKEN` */
  async between(work: () => Promise<void>): Promise<void> {
    const { pipeline, state } = this.#parts
    await pipeline.run(async () => {
      if (state.broken !== undefined) throw state.broken
      await work()
    })
  }

  /** See whether the file still is where it was opened. */
  async checkFile(): Promise<void> {
    const { pipeline, state, fileWatch } = this.#parts
    // What a store that is broken has written last, nobody knows.
    await pipeline.run(async () => (state.broken === undefined ? fileWatch.look() : undefined))
  }

  /** Open the files of a broken store anew: all that was to be committed fails, and it goes on at the log's head. */
  async reopen(work: () => Promise<void>): Promise<void> {
    const { pipeline, checkpointer, state } = this.#parts
    await pipeline.run(async () => {
      const { broken } = state
      if (broken === undefined) return
      pipeline.dropAll(() => broken)
      state.reopening()
      try {
        await checkpointer.alone(work)
      } catch (error) {
        // Before what is queued after it runs.
        state.break(error)
        throw error
      }
      pipeline.continueAtHead()
      state.reopened()
    })
  }
}
