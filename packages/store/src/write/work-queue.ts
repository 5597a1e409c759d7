import type { PendingCommit } from './operation.ts'

/** What is done next. */
export type Work =
  /** Commits that waited together and are written together. */
  | { readonly t: 'group'; readonly commits: readonly PendingCommit[] }
  /** Anything else, done alone; settles its own promise, never throws. */
  | { readonly t: 'task'; readonly run: () => Promise<void> }

type Queued = { readonly t: 'commit'; readonly commit: PendingCommit } | Extract<Work, { t: 'task' }>

/** All that is to change the file, in order. */
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

  /** Take what is first: a task, or all commits up to the next task. */
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

  /** Take all commits, also those after a task. */
  takeCommits(): PendingCommit[] {
    const all = this.#queued
    this.#queued = all.filter(({ t }) => t === 'task')
    return all.flatMap((queued) => (queued.t === 'commit' ? [queued.commit] : []))
  }
}
