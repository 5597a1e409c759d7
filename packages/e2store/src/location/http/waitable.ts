import type { AbortLike } from '../../abort.ts'
import type { WebSignal } from '../web.ts'

/** A signal that can be waited for, if it is one; it is checked anyway. */
export function waitable(signal: AbortLike | undefined): WebSignal | undefined {
  if (signal === undefined) return undefined
  signal.throwIfAborted()
  return 'addEventListener' in signal ? (signal as WebSignal) : undefined
}
