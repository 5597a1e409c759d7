type Counts<Key extends string | number> = Partial<Record<Key, number>>

/** Adds up what happens at a server, by reason or code. */
export class EventCounts<Rejected extends string, Closed extends string, Refused extends string | number> {
  readonly #rejected: Counts<Rejected> = {}
  readonly #closed: Counts<Closed> = {}
  readonly #refused: Counts<Refused> = {}

  get now(): {
    readonly rejected: Counts<Rejected>
    readonly closed: Counts<Closed>
    readonly refused: Counts<Refused>
  } {
    return { rejected: { ...this.#rejected }, closed: { ...this.#closed }, refused: { ...this.#refused } }
  }

  rejected(reason: Rejected): void {
    increment(this.#rejected, reason)
  }

  closed(reason: Closed): void {
    increment(this.#closed, reason)
  }

  refused(code: Refused): void {
    increment(this.#refused, code)
  }
}

function increment<Key extends string | number>(counts: Counts<Key>, key: Key): void {
  counts[key] = (counts[key] ?? 0) + 1
}
