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

/** Runs work while nothing is committed, after everything that is queued. */
export class Exclusive {
  readonly #parts: ExclusiveParts

  constructor(parts: ExclusiveParts) {
    this.#parts = parts
  }

  /** Change committed bytes while nothing else runs. @throws {DiskError} `STORE_BROKEN`, `FILE_REPLACED`, `FOREIGN_WRITER` */
  async change(work: () => Promise<void>): Promise<void> {
    const { pipeline, checkpointer, state, fileWatch } = this.#parts
    await pipeline.run(async () => {
      if (state.broken !== undefined) throw state.broken
      await fileWatch.mustBeSound()
      await checkpointer.alone(work)
    })
  }

  /** Do work that must not overlap with a commit or a truncation. @throws {DiskError} `STORE_BROKEN` */
  async between(work: () => Promise<void>): Promise<void> {
    const { pipeline, state } = this.#parts
    await pipeline.run(async () => {
      if (state.broken !== undefined) throw state.broken
      await work()
    })
  }

  /** Check that the paths still lead to the open files, and that no other program writes them. */
  async checkFile(): Promise<void> {
    const { pipeline, state, fileWatch } = this.#parts
    // What a broken store has written last is unknown.
    await pipeline.run(async () => (state.broken === undefined ? fileWatch.check() : undefined))
  }

  /** Reopen the files of a broken store: all queued operations fail, and it goes on at the head of the log. */
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
        // Before the next work in the queue runs.
        state.break(error)
        throw error
      }
      pipeline.continueAtHead()
      state.reopened()
    })
  }
}
