import { LocationError } from '../errors.ts'
import type { WebSignal } from '../web.ts'
import type { HttpClock } from './clock.ts'

export interface RetryOptions {
  /** How often a request that failed is made again without any progress (default 4). */
  readonly retries?: number
  /** The longest wait that a server may ask for with `Retry-After`, in milliseconds (default 60,000). */
  readonly maxRetryAfterMs?: number
}

const DEFAULT_RETRIES = 4
const DEFAULT_MAX_RETRY_AFTER_MS = 60_000
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 10_000

/** The wait before try `n` ≥ 1: twice as long each time, and between half and all of that. */
function backoffMs(n: number, random: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (n - 1), LONGEST_WAIT_MS) * (0.5 + random / 2)
}

/**
 * Do something until it works, waiting between tries.
 *
 * @param attempt calls `progress` when it got further than the tries before: then the count begins again
 */
export async function retry<T>(
  attempt: (progress: () => void) => Promise<T>,
  { retries = DEFAULT_RETRIES, maxRetryAfterMs = DEFAULT_MAX_RETRY_AFTER_MS }: RetryOptions,
  clock: HttpClock,
  signal: WebSignal | undefined,
): Promise<T> {
  let failures = 0
  const progress = (): void => {
    failures = 0
  }
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await attempt(progress)
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof LocationError && error.retryable) || failures >= retries) throw error
      failures++
      const asked = error.retryAfterMs ?? 0
      if (asked > maxRetryAfterMs) throw error
      await sleep(Math.max(asked, backoffMs(failures, clock.random())), clock, signal)
    }
  }
}

function sleep(ms: number, clock: HttpClock, signal: WebSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    const onAbort = (): void => {
      stop()
      signal?.removeEventListener('abort', onAbort)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort)
  })
}
