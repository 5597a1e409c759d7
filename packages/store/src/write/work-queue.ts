import type { PendingCommit } from './operation.ts'

/** The next work to do. */
export type Work =
  /** Commits that are written together. */
  | { readonly t: 'group'; readonly commits: readonly PendingCommit[] }
  /** Anything else, done alone; settles its own promise, never throws. */
  | { readonly t: 'task'; readonly run: () => Promise<void> }

type Queued = { readonly t: 'commit'; readonly commit: PendingCommit } | Extract<Work, { t: 'task' }>

/** The changes of the file that are queued, in order. */
export class WorkQueue {
  #queued: Queued[] = []

  get length(): number {
    return this.#queued.length
  }

  addCommit(commit: PendingCommit): void {
    this.#queued.push({ t: 'commit', commit })
  }

  /** @param run settles its own promise, never throws */
  addTask(run: () => Promise<void>): void {
    this.#queued.push({ t: 'task', run })
  }

  /** Remove and return the first work: a task, or all commits up to the next task. */
  take(): Work | undefined {
    const [first] = this.#queued
    if (first === undefined) return undefined
    if (first.t === 'task') {
      this.#queued.shift()
      return first
    }
    const commits: PendingCommit[] = []
    for (const queued of this.#queued) {
      if (queued.t === 'task') break
      commits.push(queued.commit)
    }
    this.#queued = this.#queued.slice(commits.length)
    return { t: 'group', commits }
  }

  /** Remove and return all commits, including those after a task. */
  takeCommits(): PendingCommit[] {
    const all = this.#queued
    this.#queued = all.filter(({ t }) => t === 'task')
    return all.flatMap((queued) => (queued.t === 'commit' ? [queued.commit] : []))
  }
}
