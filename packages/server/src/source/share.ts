import type { SourceMessage } from '@datastreamer/format/source'

/** Bytes of messages after which others have their turn: about a millisecond of work. */
export const SHARE_BYTES: number = 512 * 1024
/** What a message counts as at least: what is done for it takes time however short it is. */
const MESSAGE_BYTES = 256

/** Counts what is taken of a source client, so that it does not have the event loop for itself. */
export class Share {
  #left = SHARE_BYTES

  /** Count a message that was taken; returns whether others should have their turn before the next. */
  spend(message: SourceMessage): boolean {
    this.#left -=
      message.name === 'additions' ? Math.max(message.end - message.at, message.count * MESSAGE_BYTES) : MESSAGE_BYTES
    if (this.#left > 0) return false
    this.#left = SHARE_BYTES
    return true
  }
}
