import type { Clock } from '@datastreamer/runtime'
/** Who has work for the event loop that can wait, and that is done a share at a time. */
export interface Participant {
  /** Do one share of the work, well below a millisecond; returns whether there is more to do now. Must not throw. */
  takeTurn(): boolean
  /** Whether more waits behind the next share, so that those who want one thing only need not wait for it. */
  readonly hasBacklog: boolean
}

/** Longest time that participants take together before other events are handled. */
export const TURN_MS = 1
/** How long participants have to spare the loop for commits after the last one. */
export const SPARE_MS = 20
/** The part of the loop's time that participants have meanwhile. */
export const SPARING_SHARE = 0.1
/** Time that they may save up for then, and may owe at most. */
const MOST_SAVED_MS = 0.3
const MOST_OWED_MS = 1

/**
 * Shares the event loop among the connections of a server, and leaves enough of it to commits.
 *
 * Participants stand in two lines, those with a backlog in one and all others in the other; each does a share when it is
 * at the front and goes to the end if it has more. So nobody gets a second share before all others of its line had one,
 * however much it asks for. The lines take turns at most, and one with a backlog has no more shares than one without:
 * who asks for one thing at a time does not wait for all who ask for thousands. After {@link TURN_MS} the loop handles
 * other events first. A commit is a chain of small steps of the disk and of its source, each of which waits for what the
 * loop is doing: while operations are being committed, participants get a tenth of the time, and the loop is idle in
 * between.
 */
export class Turns {
  readonly #clock: Clock
  /** In the order of each line. */
  readonly #line = new Set<Participant>()
  readonly #backlog = new Set<Participant>()
  /** What those with a backlog have coming, in shares of each of the others. */
  #due = 0
  #isScheduled = false
  #committedAt = Number.NEGATIVE_INFINITY
  /** Time that participants have while they spare the loop, at some time. */
  #saved = MOST_SAVED_MS
  #savedAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Go to the end of a line, or stay where it stands. */
  enter(participant: Participant): void {
    this.#add(participant)
    this.#schedule()
  }

  /** An operation was committed, so others are likely to come. */
  onCommit(): void {
    this.#committedAt = this.#clock.now()
  }

  /** Whether operations are being committed, so that others have less of the loop's time. */
  get isSparing(): boolean {
    return this.#isSparing(this.#clock.now())
  }

  /** Count time that work for a participant took outside of its turns. */
  charge(ms: number): void {
    const now = this.#clock.now()
    if (this.#isSparing(now)) this.#spend(ms, now)
  }

  #isSparing(now: number): boolean {
    return now - this.#committedAt < SPARE_MS
  }

  #add(participant: Participant): void {
    if (this.#line.has(participant) || this.#backlog.has(participant)) return
    if (participant.hasBacklog) this.#backlog.add(participant)
    else this.#line.add(participant)
  }

  /** Whoever has the next share, who leaves the line. */
  #next(): Participant | undefined {
    const isBacklogDue = this.#backlog.size > 0 && this.#due >= this.#line.size
    const line = isBacklogDue ? this.#backlog : this.#line
    this.#due = isBacklogDue ? 0 : this.#due + this.#backlog.size
    const [next] = line
    if (next !== undefined) line.delete(next)
    return next
  }

  #schedule(): void {
    if (this.#isScheduled || this.#line.size + this.#backlog.size === 0) return
    this.#isScheduled = true
    const now = this.#clock.now()
    const run = (): void => this.#run()
    const saved = this.#isSparing(now) ? this.#savedUp(now) : MOST_SAVED_MS
    if (saved > 0) this.#clock.soon(run)
    else this.#clock.after((MOST_SAVED_MS / 2 - saved) / SPARING_SHARE, run)
  }

  #run(): void {
    this.#isScheduled = false
    const began = this.#clock.now()
    const isSparing = this.#isSparing(began)
    const end = began + (isSparing ? Math.max(MOST_SAVED_MS / 2, this.#savedUp(began)) : TURN_MS)
    let now = began
    for (let next = this.#next(); next !== undefined; next = now < end ? this.#next() : undefined) {
      if (next.takeTurn()) this.#add(next)
      now = this.#clock.now()
    }
    if (isSparing) this.#spend(now - began, now)
    this.#schedule()
  }

  #savedUp(now: number): number {
    return Math.min(MOST_SAVED_MS, this.#saved + (now - this.#savedAt) * SPARING_SHARE)
  }

  #spend(ms: number, now: number): void {
    this.#saved = Math.max(-MOST_OWED_MS, this.#savedUp(now) - ms)
    this.#savedAt = now
  }
}
