import type { PendingCommit } from './operation.ts'

/** Anything but a commit; settles its own promise, never throws. */
interface Task {
  run(): Promise<void>
}

type Work = PendingCommit | Task

function isTask(work: Work): work is Task {
  return 'run' in work
}

function isCommit(work: Work): work is PendingCommit {
  return !isTask(work)
}

/**
 * The one line in which all that changes the file stands: commits that wait together are done together, everything else
 * alone.
 */
export class WorkQueue {
  readonly #commitGroup: (group: PendingCommit[]) => Promise<void>
  readonly #idle: () => Promise<void>
  #waiting: Work[] = []
  #running: Promise<void> | undefined
  /** Whether there may be something to do that was not looked for yet. */
  #woken = false

  /**
   * @param commitGroup commits a group; settles each of its commits, never throws
   * @param idle called whenever there is nothing more to do; never throws
   */
  constructor(commitGroup: (group: PendingCommit[]) => Promise<void>, idle: () => Promise<void>) {
    this.#commitGroup = commitGroup
    this.#idle = idle
  }

  get waiting(): number {
    return this.#waiting.length
  }

  commit(commit: PendingCommit): void {
    this.#waiting.push(commit)
    this.wake()
  }

  /** Run alone, behind all that waits now. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ run: () => task().then(resolve, reject) })
      this.wake()
    })
  }

  /** Take the commits that wait out of the line. */
  takeCommits(): PendingCommit[] {
    const all = this.#waiting
    this.#waiting = all.filter(isTask)
    return all.filter(isCommit)
  }

  /** See whether there is something to do. */
  wake(): void {
    this.#woken = true
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined
      if (this.#woken) this.wake()
    })
  }

  /** Resolves when all that waits now is done. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #work(): Promise<void> {
    // Commits of the same turn of the event loop go together.
    await null
    while (this.#woken) {
      this.#woken = false
      await this.#workOff()
      await this.#idle()
    }
  }

  async #workOff(): Promise<void> {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (isTask(first)) {
        this.#waiting.shift()
        await first.run()
      } else {
        await this.#commitGroup(this.#takeGroup())
      }
    }
  }

  /** The commits that stand at the front of the line. */
  #takeGroup(): PendingCommit[] {
    const group: PendingCommit[] = []
    for (const work of this.#waiting) {
      if (isTask(work)) break
      group.push(work)
    }
    this.#waiting = this.#waiting.slice(group.length)
    return group
  }
}
