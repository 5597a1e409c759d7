import type { Reply } from './replies.ts'

/**
 * Starts of one connection that were answered with 3, 4 or 5, and that no Stop has followed yet.
 *
 * Widely used nodes assume that they are streaming before they read the answer, and send Stop whatever it was: one Stop
 * for each such start is no state error. docs/spec/protocol.md §6.
 */
export class FailedStarts {
  #count = 0

  /** What a query is answered with. */
  onReply({ t }: Reply): void {
    if (t === 'refused') this.#count++
    else if (t === 'stream') this.#count = 0
  }

  /** Whether a Stop that finds nothing to stop belongs to one of them, which is done with then. */
  takeStop(): boolean {
    if (this.#count === 0) return false
    this.#count--
    return true
  }
}
