import type { Upstream } from './upstream.ts'

/** Times in a row that such a question is left open before that is taken for a no. */
const ENOUGH = 3

/**
 * Which upstreams are asked for extensions, operation boundaries and compression: all but those that leave that question
 * open though they answer others. One that is followed without is asked again on its next connection.
 * docs/spec/protocol.md §7.
 */
export class ExtensionsWanted {
  readonly #open = new Map<Upstream, number>()

  /** Whether to ask an upstream on its next connection. */
  of(upstream: Upstream): boolean {
    return (this.#open.get(upstream) ?? 0) < ENOUGH
  }

  /** An upstream did not answer when it was asked. */
  leftOpen(upstream: Upstream): void {
    this.#open.set(upstream, (this.#open.get(upstream) ?? 0) + 1)
  }

  /** An upstream is followed, with extensions or without. */
  connected(upstream: Upstream): void {
    this.#open.set(upstream, this.of(upstream) ? 0 : ENOUGH - 1)
  }
}
