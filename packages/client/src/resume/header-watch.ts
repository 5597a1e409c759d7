import type { Header } from '@datastreamer/format'
import { type Clock, sleep } from '@datastreamer/runtime'

/** Have every header that is seen beside the stream. */
export interface HeaderWatch {
  /** Time between two looks, in ms. */
  readonly intervalMs: number
  /** Whether one is wanted at once; asked every 50 ms. */
  readonly urgent?: (() => boolean) | undefined
  /** Must not throw. */
  readonly onHeader: (header: Header) => void
}

/** Time between two questions whether a header is wanted at once. */
const URGENT_MS = 50

/**
 * Give a header at every interval, until the signal aborts.
 *
 * @param look asks for it; `undefined` if there is none to be had now
 * @throws the signal's reason, or what `look` throws
 */
export async function watchHeaders(
  watch: HeaderWatch,
  clock: Clock,
  look: () => Promise<Header | undefined>,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    await pause(watch, clock, signal)
    const header = await look()
    if (header !== undefined) watch.onHeader(header)
  }
}

/** Wait for the next look, in steps short enough to notice that one is wanted at once. */
async function pause({ intervalMs, urgent }: HeaderWatch, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let waited = 0; waited < intervalMs; waited += URGENT_MS) {
    await sleep(clock, Math.min(URGENT_MS, intervalMs - waited), { signal })
    if (urgent?.()) return
  }
}

/** Gives headers in the background, and goes on where there is none to be had. */
export class HeaderWatching implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #running: Promise<void> | undefined

  /** @param watch without it, nothing is done */
  constructor(watch: HeaderWatch | undefined, clock: Clock, look: (signal: AbortSignal) => Promise<Header>) {
    const { signal } = this.#stop
    const seen = (): Promise<Header | undefined> => look(signal).catch(() => undefined)
    this.#running = watch && watchHeaders(watch, clock, seen, signal).catch(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}
