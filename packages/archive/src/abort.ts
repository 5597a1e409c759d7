import type { Signal } from '@datastreamer/format'

/** Throw the signal's reason if it is aborted. Its type has more only where the platform's types are there. */
export function throwIfAborted(signal: Signal | undefined): void {
  if (signal === undefined || !signal.aborted) return
  throw 'reason' in signal ? signal.reason : new Error('aborted')
}
