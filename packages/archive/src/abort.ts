import type { AbortLike } from '@datastreamer/e2store'
import type { Signal } from '@datastreamer/format'

/** Throw the signal's reason if it is aborted. Its type has more only where the platform's types are there. */
export function throwIfAborted(signal: Signal | undefined): void {
  if (signal === undefined || !signal.aborted) return
  throw 'reason' in signal ? signal.reason : new Error('aborted')
}

/** A signal for those who ask it to throw. */
export function abortLike(signal: Signal | undefined): AbortLike | undefined {
  if (signal === undefined) return undefined
  return hasThrow(signal) ? signal : { throwIfAborted: () => throwIfAborted(signal) }
}

function hasThrow(signal: Signal): signal is Signal & AbortLike {
  return 'throwIfAborted' in signal
}
