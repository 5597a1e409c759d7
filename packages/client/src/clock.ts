/** Time and timers. Tests put their own in place, so that nothing in them depends on how fast a machine is. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** Call `fire` once, after so many milliseconds, unless what is returned is called before. */
  timer(ms: number, fire: () => void): () => void
}

/** The clock of the system. */
export const systemClock: Clock = {
  now: () => performance.now(),
  timer(ms, fire) {
    const timer = setTimeout(fire, ms)
    return () => clearTimeout(timer)
  },
}

/** Wait so long, or not at all. @throws the signal's reason as soon as it aborts */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    if (ms <= 0) {
      resolve()
      return
    }
    const abort = (): void => {
      cancel()
      reject(signal.reason)
    }
    const cancel = clock.timer(ms, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    signal.addEventListener('abort', abort, { once: true })
  })
}
