import type { Signal } from '@datastreamer/format'

/** Ends what its signal was given to. */
export interface Stop {
  readonly signal: Signal
  abort(reason: unknown): void
}

// What is used of the platform: the package compiles without the types of a browser or of Node.
const platform = globalThis as unknown as {
  readonly AbortController: new () => Stop
  readonly AbortSignal: { any(signals: readonly Signal[]): Signal }
}

/** Something that can be ended from inside, and ends with a signal from outside. */
export function stopWith(signal: Signal | undefined): Stop {
  const own = new platform.AbortController()
  const any = signal === undefined ? own.signal : platform.AbortSignal.any([signal, own.signal])
  return { signal: any, abort: (reason) => own.abort(reason) }
}
