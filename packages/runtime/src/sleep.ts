import type { Clock, TimerOptions } from './clock.ts'

export interface SleepOptions extends TimerOptions {
  readonly signal?: AbortSignal | undefined
}

/** Wait for `ms` milliseconds. @throws the signal's reason as soon as it aborts */
export function sleep(clock: Clock, ms: number, { signal, ...options }: SleepOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const abort = (): void => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.after(
      ms,
      () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      },
      options,
    )
    signal?.addEventListener('abort', abort, { once: true })
  })
}
