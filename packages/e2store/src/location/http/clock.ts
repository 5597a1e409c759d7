import { web } from '../web.ts'

/** Time and chance, so that tests can bring their own. */
export interface HttpClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Call `work` after so many milliseconds, unless the returned function is called before. */
  after(ms: number, work: () => void): () => void
  /** A number from 0 up to 1. */
  random(): number
}

export const realClock: HttpClock = {
  now: () => Date.now(),
  after: (ms, work) => {
    const timer = web.setTimeout(work, ms)
    return () => web.clearTimeout(timer)
  },
  random: () => Math.random(),
}
