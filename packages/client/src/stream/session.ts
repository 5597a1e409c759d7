import type { Entry, ExtensionCommand, ExtensionName, Header } from '@datastreamer/format'
import { Channel, type IdleLimit, type StreamItem } from '../connection/channel.ts'
import { ProtocolError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { requestEntry, requestHeader } from '../query/queries.ts'
import { ExtensionRequests, type WantedExtensions } from './extensions.ts'

/** Where a stream starts: at an entry, at a bookmark's own entry, or with a range that the server ends by itself. */
export type Start =
  | { readonly name: 'start'; readonly fromEntryNumber: bigint }
  | { readonly name: 'startBookmark'; readonly bookmark: Uint8Array }
  | { readonly name: 'rangeBookmark'; readonly from: Uint8Array; readonly to: Uint8Array }

export interface SessionOptions {
  /** What to ask for (default: nothing); it goes without what the server does not know. */
  readonly wanted?: WantedExtensions | undefined
  readonly signal: AbortSignal
}

/**
 * One connection that streams: dialled -> (asked for extensions) -> header known -> started -> streaming -> finished.
 *
 * docs/spec/protocol.md §3, §6, §7, §10 to §12.
 */
export class StreamSession {
  /** The header as it was before the stream started. */
  readonly header: Header
  /** What the server was asked for, and does. */
  readonly extensions: ReadonlySet<ExtensionName>
  readonly #channel: Channel
  readonly #unbind: () => void
  #streaming = false

  private constructor(channel: Channel, header: Header, extensions: ReadonlySet<ExtensionName>, unbind: () => void) {
    this.#channel = channel
    this.header = header
    this.extensions = extensions
    if (extensions.has('compression')) channel.expectCompressed()
    this.#unbind = unbind
  }

  /**
   * Dial, ask for extensions, read the header. A server that refuses one and closes is dialled once more. One that closes
   * without an answer has refused nothing.
   */
  static async open(settings: Settings, { wanted, signal }: SessionOptions): Promise<StreamSession> {
    for (;;) {
      const channel = await Channel.dial(settings, signal)
      const unbind = channel.connection.failOn(signal)
      const requests = wanted && new ExtensionRequests(wanted)
      try {
        const granted = await requests?.ask(channel, worthIt(wanted?.commands ?? [], settings, channel))
        return new StreamSession(channel, await requestHeader(channel), granted ?? new Set(), unbind)
      } catch (error) {
        unbind()
        channel.connection.fail(error)
        signal.throwIfAborted()
        if (requests?.failed(error) !== true) throw error
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
   * The next run of entries, or the next operation boundary, progress or running digest.
   *
   * @param idleLimit says how long to wait for one to begin; asked again after {@link wake}
   */
  async next(idleLimit: () => IdleLimit): Promise<StreamItem> {
    const item = await this.#channel.streamed(idleLimit)
    if ('gap' in item && !this.extensions.has('operationBoundaries')) {
      throw new ProtocolError(
        'UNEXPECTED_PACKET',
        `the server sent an operation boundary before ${item.nextEntry}, unasked`,
      )
    }
    if ('digest' in item && !this.extensions.has('entryTypes')) {
      throw new ProtocolError('UNEXPECTED_PACKET', `the server sent a progress to ${item.nextEntry}, unasked`)
    }
    if ('runningDigest' in item && !this.extensions.has('signatures')) {
      throw new ProtocolError('UNEXPECTED_PACKET', `the server sent a digest before ${item.nextEntry}, unasked`)
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

/** What is worth asking for on a connection: over none that stays on this machine are entries faster if they are compressed. */
function worthIt(
  commands: readonly ExtensionCommand[],
  { compression }: Settings,
  { connection }: Channel,
): readonly ExtensionCommand[] {
  const isWorthIt = compression === 'auto' ? !connection.isLocal : compression
  return isWorthIt ? commands : commands.filter(({ name }) => name !== 'compression')
}
