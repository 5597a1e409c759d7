import { pageOf } from '@datastreamer/format'
import type { LogPosition } from '@datastreamer/store/log'
import type { KnownSignatures, SignedPoint } from './known-signatures.ts'
import { packetsOf } from './signed-packets.ts'

/**
 * Decides which signatures one stream is given: those of the end of every page, so that a reader holds back little, and the
 * newest. docs/spec/protocol.md §12.
 *
 * Invariants: each names entries that were given, none before where the stream began; what they name never goes back.
 */
export class SignatureSequence {
  readonly #known: KnownSignatures
  /** Number of the entry after those that the last one given names; one less than the first entry at first. */
  #given: number
  /** Pages before this one need not be looked at. */
  #page: number
  /** Ends of pages that are to be given. */
  #loaded: SignedPoint[] = []

  constructor(known: KnownSignatures, from: LogPosition) {
    this.#known = known
    this.#given = from.number - 1
    this.#page = pageBefore(from)
  }

  /** Call `onChange` when there may be more to give, until the returned function is called. */
  listen(onChange: () => void): () => void {
    return this.#known.listen(onChange)
  }

  /** Whether ends of pages before a position have to be loaded, so that none is left out. */
  isBehind(at: LogPosition | undefined): boolean {
    return at !== undefined && this.#given < this.#known.recentSince && this.#page < pageBefore(at)
  }

  /** Load what is to be given before a position. */
  async load(at: LogPosition | undefined): Promise<void> {
    const last = at === undefined ? this.#page : pageBefore(at)
    for (; this.#page < last; this.#page++) {
      const point = await this.#known.pageEnd(this.#page)
      if (point !== undefined) this.#loaded.push(point)
    }
  }

  /** What is to be given before a position that the stream has reached, as packets. */
  take({ number }: Pick<LogPosition, 'number'>): readonly Uint8Array[] {
    const loaded = this.#loaded
    const recent = this.#known.recent
    if (loaded.length === 0 && (recent.at(-1)?.number ?? -1) <= this.#given) return []
    this.#loaded = loaded.filter((point) => point.number > number)
    const found = [...loaded, ...recent.filter((point) => point.number > (loaded.at(-1)?.number ?? -1))]
    const due = found.filter((point) => point.number > this.#given && point.number <= number)
    const last = due.at(-1)
    if (last === undefined) return []
    this.#given = last.number
    return due.filter((point) => point.endsPage || point === last).flatMap(packetsOf)
  }
}

/** The page that ends at a position, or that it lies in. */
function pageBefore({ position }: LogPosition): number {
  return Math.max(0, pageOf(position - 1))
}
