import type { Clock } from '@datastreamer/runtime'

/** What a task waits for. */
export type Rank =
  /** The newest entries, which are in memory. */
  | 'live'
  /** One thing: nothing more waits after it. */
  | 'single'
  /** One thing after the other. */
  | 'backlog'

/** Work for the event loop that can wait, and that is done a share at a time. */
export interface Task {
  /** As of now; it counts when the task goes to the end of a queue. */
  readonly rank: Rank
  /** Do one share of the work, well below a millisecond; returns whether there is more to do now. Must not throw. */
  runTurn(): boolean
}

/** Longest time that tasks run before other events are handled, those of rank `live` and the others each. */
export const SLICE_MS = 1
/** How long tasks are throttled after a commit. */
export const THROTTLE_MS = 20
/** The part of the loop's time that tasks have meanwhile. */
export const THROTTLED_SHARE = 0.1
/** Time that tasks may save up while they are throttled, and may owe. */
const MAX_BUDGET_MS = 0.3
const MAX_DEBT_MS = 1

/**
 * Shares the event loop fairly among the connections of a server, and leaves enough of it to commits.
 *
 * Tasks wait in a queue for each {@link Rank}. The first of a queue does a share, and goes to the end if it has more, so that
 * nobody gets a second share before all others of its queue had one. After {@link SLICE_MS} the loop handles other events.
 *
 * Of those that ask, with a backlog and without, the queues alternate at most, and a task with a backlog has no more shares
 * than one without: a client that asks for one thing at a time does not wait for all that ask for thousands.
 *
 * A commit is a chain of small steps of the disk and of its source client, each of which waits for what the loop is doing.
 * So while operations are being committed, those that ask are throttled: they get a tenth of the time, and the loop is idle
 * in between. Those of rank `live` wait for nobody who asks: they want no more than what is committed.
 */
export class FairScheduler {
  readonly #clock: Clock
  readonly #queues: Readonly<Record<Rank, Set<Task>>> = { live: new Set(), single: new Set(), backlog: new Set() }
  /** Shares that the queue without a backlog had since the other had one, times the length of the other. */
  #due = 0
  #isScheduled = false
  #isLiveScheduled = false
  #committedAt = Number.NEGATIVE_INFINITY
  /** Time that throttled tasks had at `#budgetAt`. */
  #budget = MAX_BUDGET_MS
  #budgetAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Go to the end of a queue, if it waits in none. */
  enqueue(task: Task): void {
    const { live, single, backlog } = this.#queues
    if (!live.has(task) && !single.has(task) && !backlog.has(task)) this.#add(task)
    this.#schedule()
  }

  /** An operation was committed, so others are likely to come. */
  onCommit(): void {
    this.#committedAt = this.#clock.now()
  }

  /** Whether operations are being committed, so that tasks have less of the loop's time. */
  get isThrottled(): boolean {
    return this.#isThrottled(this.#clock.now())
  }

  /** Count time that work for a task took outside of its turns. */
  charge(ms: number): void {
    const now = this.#clock.now()
    if (this.#isThrottled(now)) this.#spend(ms, now)
  }

  #isThrottled(now: number): boolean {
    return now - this.#committedAt < THROTTLE_MS
  }

  #add(task: Task): void {
    this.#queues[task.rank].add(task)
  }

  /** Take the task that has the next share out of its queue, of those that ask. */
  #next(): Task | undefined {
    const { single, backlog } = this.#queues
    const isBacklogDue = backlog.size > 0 && this.#due >= single.size
    const queue = isBacklogDue ? backlog : single
    this.#due = isBacklogDue ? 0 : this.#due + backlog.size
    const [next] = queue
    if (next !== undefined) queue.delete(next)
    return next
  }

  #schedule(): void {
    const { live, single, backlog } = this.#queues
    if (live.size > 0 && !this.#isLiveScheduled) {
      this.#isLiveScheduled = true
      this.#clock.soon(() => this.#runLive())
    }
    if (single.size + backlog.size > 0 && !this.#isScheduled) this.#scheduleOthers()
  }

  #scheduleOthers(): void {
    this.#isScheduled = true
    const now = this.#clock.now()
    const run = (): void => this.#run()
    const budget = this.#isThrottled(now) ? this.#budgetLeft(now) : MAX_BUDGET_MS
    if (budget > 0) this.#clock.soon(run)
    else this.#clock.after((MAX_BUDGET_MS / 2 - budget) / THROTTLED_SHARE, run)
  }

  #runLive(): void {
    this.#isLiveScheduled = false
    const { live } = this.#queues
    const end = this.#clock.now() + SLICE_MS
    for (const task of live) {
      live.delete(task)
      if (task.runTurn()) this.#add(task)
      if (this.#clock.now() >= end) break
    }
    this.#schedule()
  }

  #run(): void {
    this.#isScheduled = false
    const began = this.#clock.now()
    const isThrottled = this.#isThrottled(began)
    const end = began + (isThrottled ? Math.max(MAX_BUDGET_MS / 2, this.#budgetLeft(began)) : SLICE_MS)
    let now = began
    for (let next = this.#next(); next !== undefined; next = now < end ? this.#next() : undefined) {
      if (next.runTurn()) this.#add(next)
      now = this.#clock.now()
    }
    if (isThrottled) this.#spend(now - began, now)
    this.#schedule()
  }

  #budgetLeft(now: number): number {
    return Math.min(MAX_BUDGET_MS, this.#budget + (now - this.#budgetAt) * THROTTLED_SHARE)
  }

  #spend(ms: number, now: number): void {
    this.#budget = Math.max(-MAX_DEBT_MS, this.#budgetLeft(now) - ms)
    this.#budgetAt = now
  }
}
