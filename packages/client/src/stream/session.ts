import type { Entry, Header, OperationBoundary } from '@datastreamer/format'
import { Channel, type IdleLimit } from '../connection/channel.ts'
import { ConnectionError, ProtocolError, ServerRefusedError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { requestHeader } from '../query/queries.ts'

/** Where a stream starts: at an entry, at a bookmark's own entry, or with a range that the server ends by itself. */
export type Start =
  | { readonly name: 'start'; readonly fromEntryNumber: bigint }
  | { readonly name: 'startBookmark'; readonly bookmark: Uint8Array }
  | { readonly name: 'rangeBookmark'; readonly from: Uint8Array; readonly to: Uint8Array }

export interface SessionOptions {
  /** Ask for operation boundaries; go without if the server does not know them. */
  readonly boundaries: boolean
  readonly signal: AbortSignal
}

/**
 * One connection that streams: dialled -> (asked for boundaries) -> header known -> started -> streaming -> finished.
 *
 * docs/spec/protocol.md §3, §6 and §7.
 */
export class StreamSession {
  /** The header as it was before the stream started. */
  readonly header: Header
  /** Whether the server sends operation boundaries. */
  readonly boundaries: boolean
  readonly #channel: Channel
  readonly #unbind: () => void
  #streaming = false

  private constructor(channel: Channel, header: Header, boundaries: boolean, unbind: () => void) {
    this.#channel = channel
    this.header = header
    this.boundaries = boundaries
    this.#unbind = unbind
  }

  /**
   * Dial, ask for operation boundaries if wanted, read the header. A server that refuses them and closes is dialled once
   * more. One that closes without an answer has refused nothing: the next attempt asks again.
   */
  static async open(settings: Settings, { boundaries: wanted, signal }: SessionOptions): Promise<StreamSession> {
    for (let ask = wanted; ; ask = false) {
      const channel = await Channel.dial(settings, signal)
      const unbind = channel.connection.failOn(signal)
      let refused = false
      try {
        const boundaries = ask && (await hasBoundaries(channel))
        refused = ask && !boundaries
        return new StreamSession(channel, await requestHeader(channel), boundaries, unbind)
      } catch (error) {
        unbind()
        channel.connection.fail(error)
        signal.throwIfAborted()
        if (!refused || !isClosed(error)) throw error
      }
    }
  }

  /**
   * Start streaming.
   *
   * @returns number of the last entry if the server ends the stream by itself
   * @throws {ServerRefusedError} if the server has no such entry or bookmark
   */
  async start(start: Start): Promise<bigint | undefined> {
    await this.#channel.request(start)
    if (start.name === 'rangeBookmark') return this.#channel.rangeEnd()
    this.#streaming = true
    return undefined
  }

  /**
   * The next run of entries, or the next operation boundary.
   *
   * @param idleLimit says how long to wait for one to begin; asked again after {@link wake}
   */
  async next(idleLimit: () => IdleLimit): Promise<readonly Entry[] | OperationBoundary> {
    const item = await this.#channel.streamed(idleLimit)
    if ('nextEntry' in item && !this.boundaries) {
      throw new ProtocolError(
        'UNEXPECTED_PACKET',
        `the server sent an operation boundary before ${item.nextEntry}, unasked`,
      )
    }
    return item
  }

  /** Bytes that came so far. */
  get receivedBytes(): number {
    return this.#channel.connection.receivedBytes
  }

  /** Whether bytes came that {@link next} has not looked at. */
  get hasBytes(): boolean {
    return this.#channel.connection.hasBytes
  }

  /** Have {@link next} ask again how long to wait. */
  wake(): void {
    this.#channel.connection.wake()
  }

  /** Say Stop if the server still streams, and close. */
  async finish(): Promise<void> {
    await this.#channel.connection.finish(this.#streaming ? this.#channel.encode({ name: 'stop' }) : new Uint8Array(0))
    this.#unbind()
  }

  /** Close at once. */
  drop(error: unknown): void {
    this.#unbind()
    this.#channel.connection.fail(error)
  }
}

/** Ask for operation boundaries; a server that does not know them refuses. docs/spec/protocol.md §7. */
async function hasBoundaries(channel: Channel): Promise<boolean> {
  try {
    await channel.request({ name: 'operationBoundaries' })
    return true
  } catch (error) {
    if (error instanceof ServerRefusedError) return false
    throw error
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof ConnectionError && (error.code === 'CLOSED' || error.code === 'RESET')
}
