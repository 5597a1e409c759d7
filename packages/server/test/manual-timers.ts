import { vi } from 'vitest'

/**
 * Timers of the code under test, which run only when a test says so, however long it takes. Sockets, files and what is
 * awaited go on by themselves; so do the timeouts of sockets, for which there is `ServerSockets.timeOut`.
 */
export class ManualTimers implements Disposable {
  constructor() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  }

  /** Let so much time pass, and what then happens behind the events that wait. */
  async pass(ms: number): Promise<void> {
    vi.advanceTimersByTime(ms)
    await turns()
  }

  [Symbol.dispose](): void {
    vi.useRealTimers()
  }
}

/** Let what waits in the event loop happen, as often as a few steps after one another need. */
export async function turns(count = 10): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Resolves once something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turns(1)
}
