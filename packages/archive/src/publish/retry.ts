import type { OnPublishEvent } from './publish-event.ts'
import type { Sleep } from './sleep.ts'
import type { StopSignal } from './stop.ts'

export interface RetryOptions {
  readonly sleep: Sleep
  readonly onEvent: OnPublishEvent
  readonly signal: StopSignal
  /** How often a request is made, at most. */
  readonly attempts: number
}

const FIRST_MS = 500
const LONGEST_MS = 60_000

/** What was tried often enough: `cause` is what it failed with last. Never leaves the publisher. */
export class GaveUp extends Error {
  override readonly name: string = 'GaveUp'
}

/**
 * Do what may fail for a while until it succeeds: longer and longer later. Only one attempt is under way at a time. What
 * fails for good is thrown at once.
 *
 * @throws {GaveUp}
 */
export async function retried<T>(what: string, work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, attempts, sleep, onEvent } = options
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!isRetryable(error)) throw error
      if (attempt >= attempts) throw new GaveUp(what, { cause: error })
      const retryInMs = Math.max(retryAfterMs(error), Math.min(FIRST_MS * 2 ** Math.min(attempt - 1, 16), LONGEST_MS))
      onEvent({ kind: 'failed', what, error, retryInMs })
      await sleep(retryInMs, signal)
    }
  }
}

/** Whether the same may work later: errors of locations and of streams say so. */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true
}

/** What a server asks for, within bounds. */
function retryAfterMs(error: unknown): number {
  const asked = error instanceof Error && 'retryAfterMs' in error ? error.retryAfterMs : undefined
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, LONGEST_MS) : 0
}
