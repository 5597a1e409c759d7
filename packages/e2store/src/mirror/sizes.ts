import type { Location } from '../location/location.ts'
import { MirrorError } from './errors.ts'
import type { Offer } from './offers.ts'
import { withDeadline } from './with-deadline.ts'

/** Failures in a row after which a location is not asked any more. */
const MAX_FAILURES = 3
const DEADLINE_MS = 30_000

/** Asks locations for sizes that their lists do not have. They only help to plan: who does not answer is left alone. */
export class Sizes {
  readonly #locations: readonly Location[]
  readonly #deadlineMs: number
  readonly #failures = new Map<number, number>()

  /** @param deadlineMs how long a location may take for one file */
  constructor(locations: readonly Location[], deadlineMs: number = DEADLINE_MS) {
    this.#locations = locations
    this.#deadlineMs = deadlineMs
  }

  /** The size of a file; `undefined` if no location says it. */
  async of(
    { name, offers }: { readonly name: string; readonly offers: readonly Offer[] },
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    for (const { location: index } of offers) {
      const [location, failures = 0] = [this.#locations[index], this.#failures.get(index)]
      if (location === undefined || failures >= MAX_FAILURES) continue
      try {
        const size = await this.#ask(location, name, signal)
        this.#failures.set(index, 0)
        return size
      } catch {
        // What is wrong shows when the file is fetched.
        signal?.throwIfAborted()
        this.#failures.set(index, (this.#failures.get(index) ?? 0) + 1)
      }
    }
    return undefined
  }

  async #ask(location: Location, name: string, signal: AbortSignal | undefined): Promise<number> {
    const late = new AbortController()
    const ended = signal ? AbortSignal.any([signal, late.signal]) : late.signal
    const asked = location.open(name, { ends: 'start', signal: ended })
    const error = (): MirrorError => new MirrorError('STALLED', `${location.name}: ${name}: no answer`)
    try {
      await using file = await withDeadline(asked, this.#deadlineMs, error, async (found) =>
        found[Symbol.asyncDispose](),
      )
      return file.size
    } finally {
      late.abort()
    }
  }
}
