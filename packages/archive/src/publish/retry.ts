import type { Signal } from '@datastreamer/format'
import { throwIfAborted } from '../abort.ts'
import type { OnPublishEvent } from './publish-event.ts'

/** Waits; throws the signal's reason as soon as it is aborted. */
export type Sleep = (ms: number, signal?: Signal) => Promise<void>

export interface RetryOptions {
  readonly sleep: Sleep
  readonly onEvent: OnPublishEvent
  readonly signal: Signal | undefined
  /** How often a request is made, at most. */
  readonly attempts: number
}

const FIRST_MS = 500
const LONGEST_MS = 60_000

/**
 * Do what may fail for a while until it succeeds: longer and longer later. Only one attempt is under way at a time. What
 * fails for good is thrown at once.
 */
export async function retried<T>(what: string, work: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(options.signal)
    try {
      return await work()
    } catch (error) {
      throwIfAborted(options.signal)
      if (!isRetryable(error) || attempt >= options.attempts) throw error
      const retryInMs = Math.max(retryAfterMs(error), Math.min(FIRST_MS * 2 ** Math.min(attempt - 1, 16), LONGEST_MS))
      options.onEvent({ kind: 'failed', what, error, retryInMs })
      await options.sleep(retryInMs, options.signal)
    }
  }
}

/** Whether the same request may work later: `LocationError`s and all `StreamError`s say so. */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true
}

/** What a server asks for, within bounds. */
function retryAfterMs(error: unknown): number {
  const asked = error instanceof Error && 'retryAfterMs' in error ? error.retryAfterMs : undefined
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, LONGEST_MS) : 0
}
