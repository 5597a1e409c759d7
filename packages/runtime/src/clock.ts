/**
 * Time and timers of a process. Tests and simulations put their own in place, so that nothing in them depends on how fast
 * a machine is.
 */
export interface Clock {
  /** Milliseconds since some moment, with fractions; never goes back. For durations and deadlines. */
  now(): number
  /** Milliseconds since 1970 UTC, which may jump. Only to show or record a date. */
  wallTime(): number
  /** Call `fire` once, after `ms` milliseconds. */
  after(ms: number, fire: () => void, options?: TimerOptions): Timer
  /** Call `fire` every `ms` milliseconds, for the first time after `ms`. */
  every(ms: number, fire: () => void, options?: TimerOptions): Timer
  /** Call `fire` after the input that is already waiting was handled; it cannot be cancelled. */
  soon(fire: () => void): void
}

export interface TimerOptions {
  /** Whether the process stays alive for it (default true). */
  readonly ref?: boolean | undefined
}

/** A timer that was set. */
export interface Timer {
  /** Do not fire any more. May be called twice, or after it fired. */
  cancel(): void
  /** Count its time from now on; one that fired is set again. Not after {@link cancel}. */
  restart(): void
}
