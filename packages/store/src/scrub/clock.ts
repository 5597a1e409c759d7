import { setTimeout as sleep } from 'node:timers/promises'

/** Tells the time and waits. Tests put one in its place that they move themselves. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number
  /** @throws the signal's reason */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The clock of this machine; waiting keeps no process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal, ref: false }),
}
