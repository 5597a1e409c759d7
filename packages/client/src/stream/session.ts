import type { Entry, Header, OperationBoundary, Progress } from '@datastreamer/format'
import { Channel, type IdleLimit } from '../connection/channel.ts'
import { ProtocolError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { requestEntry, requestHeader } from '../query/queries.ts'
import { Extensions, type WantedExtensions } from './extensions.ts'

/** Where a stream starts: at an entry, at a bookmark's own entry, or with a range that the server ends by itself. */
export type Start =
  | { readonly name: 'start'; readonly fromEntryNumber: bigint }
  | { readonly name: 'startBookmark'; readonly bookmark: Uint8Array }
  | { readonly name: 'rangeBookmark'; readonly from: Uint8Array; readonly to: Uint8Array }

/** It asks for extensions that are wanted, and goes without those that the server does not know. */
export interface SessionOptions extends WantedExtensions {
  readonly signal: AbortSignal
}

/**
 * One connection that streams: dialled -> (asked for extensions) -> header known -> started -> streaming -> finished.
 *
 * docs/spec/protocol.md §3, §6, §7 and §11.
 */
export class StreamSession {
  /** The header as it was before the stream started. */
  readonly header: Header
  /** Whether the server sends operation boundaries. */
  readonly boundaries: boolean
  /** Whether the server sends entries of the wanted types only. */
  readonly filtered: boolean
  readonly #channel: Channel
  readonly #unbind: () => void
  #streaming = false

  private constructor(channel: Channel, header: Header, { boundaries, filtered }: Extensions, unbind: () => void) {
    this.#channel = channel
    this.header = header
    this.boundaries = boundaries
    this.filtered = filtered
    this.#unbind = unbind
  }

  /**
   * Dial, ask for the extensions that are wanted, read the header. A server that refuses one and closes is dialled again,
   * without that. One that closes without an answer has refused nothing: the next attempt asks again.
   */
  static async open(settings: Settings, { signal, ...wanted }: SessionOptions): Promise<StreamSession> {
    const extensions = new Extensions(wanted)
    for (;;) {
      const channel = await Channel.dial(settings, signal)
      const unbind = channel.connection.failOn(signal)
      try {
        await extensions.ask(channel)
        return new StreamSession(channel, await requestHeader(channel), extensions, unbind)
      } catch (error) {
        unbind()
        channel.connection.fail(error)
        signal.throwIfAborted()
        if (!extensions.explain(error)) throw error
      }
    }
  }

  /** An entry, before the stream is started; `undefined` if the server does not have it. */
  entry(entryNumber: bigint): Promise<Entry | undefined> {
    return requestEntry(this.#channel, entryNumber)
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
   * The next run of entries, or the next operation boundary or progress.
   *
   * @param idleLimit says how long to wait for one to begin; asked again after {@link wake}
   */
  async next(idleLimit: () => IdleLimit): Promise<readonly Entry[] | OperationBoundary | Progress> {
    const item = await this.#channel.streamed(idleLimit)
    if ('gap' in item && !this.boundaries) {
      throw new ProtocolError(
        'UNEXPECTED_PACKET',
        `the server sent an operation boundary before ${item.nextEntry}, unasked`,
      )
    }
    if ('digest' in item && !this.filtered) {
      throw new ProtocolError('UNEXPECTED_PACKET', `the server sent a progress to ${item.nextEntry}, unasked`)
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
