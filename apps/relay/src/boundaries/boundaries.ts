import type { Entry } from '@datastreamer/format'
import type { SequencerBoundaries } from './sequencer-boundaries.ts'

/** Consecutive entries of one operation. */
export interface SplitRun {
  readonly entries: readonly Entry[]
  /** Whether the operation ends after them. */
  readonly atBoundary: boolean
}

/**
 * Where the relay may commit: at the operation boundaries that an upstream sends. Where it sends none, or says that it
 * does not know them, at those that can be derived: the totals of its headers, and on a sequencer stream the ends of L2
 * blocks and batches. docs/spec/protocol.md §7, §8.
 *
 * Invariant: the runs that entries are split into are those entries, in order.
 */
export class Boundaries {
  readonly #sequencer: SequencerBoundaries | undefined
  #guessing = false
  /** Number of the entry before which an operation of the upstream ended, by its header. */
  #headerEnd = 0n

  /** @param sequencer ends of blocks and batches, on a sequencer stream */
  constructor(sequencer: SequencerBoundaries | undefined) {
    this.#sequencer = sequencer
  }

  /** Whether ends are guessed, so that a header of the upstream helps. */
  get guessing(): boolean {
    return this.#guessing
  }

  /** A connection was made; what comes begins where an operation begins. `known`: the upstream sends boundaries. */
  connect({ known, totalEntries }: { readonly known: boolean; readonly totalEntries: bigint }): void {
    this.#sequencer?.restart()
    this.#guessing = !known
    this.#headerEnd = totalEntries
  }

  /** The upstream sent an operation boundary. Says whether an operation ends there. */
  received({ gap }: { readonly gap: boolean }): boolean {
    if (gap && !this.#guessing) this.#sequencer?.restart()
    this.#guessing = gap
    return !gap
  }

  /** A header of the upstream came. Says whether an operation ends before entry `next`, the first not received yet. */
  header(totalEntries: bigint, next: bigint): boolean {
    this.#headerEnd = totalEntries
    return this.#guessing && totalEntries === next && this.#believesHeader
  }

  /** Split what was received where operations end. */
  *split(entries: readonly Entry[]): Generator<SplitRun, void, void> {
    if (!this.#guessing) {
      yield { entries, atBoundary: false }
      return
    }
    let from = 0
    for (const [at, entry] of entries.entries()) {
      const end = this.#sequencer?.push(entry)
      if (end === 'before' && (at > from || at === 0)) {
        yield { entries: entries.slice(from, at), atBoundary: true }
        from = at
      }
      if (end === 'after' || (entry.number + 1n === this.#headerEnd && this.#believesHeader)) {
        yield { entries: entries.slice(from, at + 1), atBoundary: true }
        from = at + 1
      }
    }
    if (from < entries.length) yield { entries: entries.slice(from), atBoundary: false }
  }

  get #believesHeader(): boolean {
    return this.#sequencer?.mayEnd ?? true
  }
}
