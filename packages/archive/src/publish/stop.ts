import type { Signal } from '@datastreamer/format'

/** A signal, with what is used of it. */
export type StopSignal = Signal & { throwIfAborted(): void }

/** Ends what its signal was given to. */
export interface Stop {
  readonly signal: StopSignal
  abort(reason: unknown): void
}

// What is used of the platform: the package compiles without the types of a browser or of Node.
const platform = globalThis as unknown as {
  readonly AbortController: new () => Stop
  readonly AbortSignal: { any(signals: readonly Signal[]): StopSignal }
}

/** Something that can be ended from inside, and ends with a signal from outside. */
export function stopWith(signal: Signal | undefined): Stop {
  const own = new platform.AbortController()
  const any = signal === undefined ? own.signal : platform.AbortSignal.any([signal, own.signal])
  return { signal: any, abort: (reason) => own.abort(reason) }
}
