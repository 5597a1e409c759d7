import type { Clock } from '@datastreamer/runtime'
import { TimeBudget } from './time-budget.ts'

/** What a task waits for. */
export type Rank =
  /** The newest entries, which are in memory. */
  | 'live'
  /** What a client asks for that has just come, and awaits. */
  | 'new'
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

/** Longest time that tasks run before other events are handled. */
export const SLICE_MS = 1
/** The same of prompt tasks, which may run in every turn of the loop. */
const PROMPT_SLICE_MS = 0.3
/** How long tasks are throttled after a commit. */
export const THROTTLE_MS = 20
/** The part of the loop's time that throttled tasks have meanwhile. */
export const THROTTLED_SHARE = 0.1
/** How much more the time of those with a backlog counts then: they do not wait for their answers. */
export const BACKLOG_COST = 2
/** Time that throttled tasks may save up. */
const MOST_SAVED_MS = 0.3
/** The part of the time in which new clients are prompt. */
export const NEW_CLIENTS_SHARE = 0.02
/** Time that they may save up: what a thousand take that come at once. */
export const MOST_SAVED_FOR_NEW_CLIENTS_MS = 250
/** Time that either may owe. */
const MOST_DEBT_MS = 1

/**
 * Shares the event loop fairly among the connections of a server, and leaves enough of it to commits.
 *
 * Tasks wait in queues. The first of a queue does a share, and goes to the end if it has more, so that nobody gets a second
 * share before all others of its queue had one. After {@link SLICE_MS} the loop handles other events.
 *
 * Of those that ask, with a backlog and without, the queues alternate at most, and a task with a backlog has no more shares
 * than one without: a client that asks for one thing at a time does not wait for all that ask for thousands.
 *
 * A commit is a chain of small steps of the disk and of its source client, each of which waits for what the loop is doing.
 * So while operations are being committed, those that ask are throttled: they get a tenth of the time, or half of that with
 * a backlog, and the loop is idle in between. Prompt tasks wait for nobody who asks: live ones, which want no more than what
 * is committed, and new clients as long as they are few, so that a thousand readers that come at once are live soon.
 */
export class FairScheduler {
  readonly #clock: Clock
  readonly #prompt = new Set<Task>()
  readonly #single = new Set<Task>()
  readonly #backlog = new Set<Task>()
  /** Shares that the queue without a backlog had since the other had one, times the length of the other. */
  #due = 0
  #isScheduled = false
  #isPromptScheduled = false
  #committedAt = Number.NEGATIVE_INFINITY
  readonly #budget = new TimeBudget({ share: THROTTLED_SHARE, mostMs: MOST_SAVED_MS, mostDebtMs: MOST_DEBT_MS })
  readonly #newClients = new TimeBudget({
    share: NEW_CLIENTS_SHARE,
    mostMs: MOST_SAVED_FOR_NEW_CLIENTS_MS,
    mostDebtMs: MOST_DEBT_MS,
  })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Go to the end of a queue, if it waits in none. */
  enqueue(task: Task): void {
    if (!this.#prompt.has(task) && !this.#single.has(task) && !this.#backlog.has(task)) this.#add(task)
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
    if (this.#isThrottled(now)) this.#budget.spend(ms, now)
  }

  /** Count time that a client cost which has just come. */
  chargeNewClient(ms: number): void {
    const now = this.#clock.now()
    if (this.#newClients.left(now) > 0) this.#newClients.spend(ms, now)
    else this.charge(ms)
  }

  #isThrottled(now: number): boolean {
    return now - this.#committedAt < THROTTLE_MS
  }

  #add(task: Task): void {
    this.#queueOf(task).add(task)
  }

  #queueOf({ rank }: Task): Set<Task> {
    switch (rank) {
      case 'live':
        return this.#prompt
      case 'new':
        return this.#newClients.left(this.#clock.now()) > 0 ? this.#prompt : this.#single
      case 'single':
        return this.#single
      case 'backlog':
        return this.#backlog
    }
  }

  /** The queue whose first task has the next share, of those that ask. */
  #next(): Set<Task> {
    const isBacklogDue = this.#backlog.size > 0 && this.#due >= this.#single.size
    this.#due = isBacklogDue ? 0 : this.#due + this.#backlog.size
    return isBacklogDue ? this.#backlog : this.#single
  }

  #schedule(): void {
    if (this.#prompt.size > 0 && !this.#isPromptScheduled) {
      this.#isPromptScheduled = true
      this.#clock.soon(() => this.#runPrompt())
    }
    if (this.#single.size + this.#backlog.size > 0 && !this.#isScheduled) this.#scheduleOthers()
  }

  #scheduleOthers(): void {
    this.#isScheduled = true
    const now = this.#clock.now()
    const run = (): void => this.#run()
    if (!this.#isThrottled(now) || this.#budget.left(now) > 0) this.#clock.soon(run)
    else this.#clock.after(this.#budget.waitFor(MOST_SAVED_MS / 2, now), run)
  }

  #runPrompt(): void {
    this.#isPromptScheduled = false
    let now = this.#clock.now()
    const end = now + PROMPT_SLICE_MS
    for (const task of this.#prompt) {
      this.#prompt.delete(task)
      const began = now
      const isNew = task.rank === 'new'
      const more = task.runTurn()
      now = this.#clock.now()
      if (isNew) this.#newClients.spend(now - began, now)
      if (more) this.#add(task)
      if (now >= end) break
    }
    this.#schedule()
  }

  #run(): void {
    this.#isScheduled = false
    const began = this.#clock.now()
    const isThrottled = this.#isThrottled(began)
    const end = began + (isThrottled ? Math.max(MOST_SAVED_MS / 2, this.#budget.left(began)) : SLICE_MS)
    let [now, counted] = [began, 0]
    do {
      const queue = this.#next()
      const [task] = queue
      if (task === undefined) break
      queue.delete(task)
      if (task.runTurn()) this.#add(task)
      const turnBegan = now
      now = this.#clock.now()
      counted += (now - turnBegan) * (queue === this.#backlog ? BACKLOG_COST : 1)
    } while (now < end)
    if (isThrottled) this.#budget.spend(counted, now)
    this.#schedule()
  }
}
