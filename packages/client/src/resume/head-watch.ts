import type { Header } from '@datastreamer/format'
import { type Clock, sleep } from '@datastreamer/runtime'
import type { IdleLimit } from '../connection/channel.ts'
import { ConnectionError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { type HeaderWatch, watchHeaders } from './header-watch.ts'

/** The stream that is watched. */
export interface WatchedStream {
  /** Bytes that came so far. */
  readonly receivedBytes: number
  /** Whether some of them wait for the consumer. */
  readonly hasBytes: boolean
  /** Have it ask again how long it may be silent. */
  wake(): void
  /** End it. */
  drop(error: unknown): void
}

export interface HeadWatchOptions {
  readonly settings: Settings
  readonly stream: WatchedStream
  /** The header that the stream's own connection began with. */
  readonly header: Header
  /** Whether the stream has not brought all entries that a header promises. */
  readonly isOwed: (header: Header) => boolean
  /** Number of the entry that comes next; `undefined` while only the server knows it. */
  readonly next: () => bigint | undefined
  /** Ask for the header, not on the stream's connection. */
  readonly look: (signal: AbortSignal) => Promise<Header>
  /** Who wants all headers; without it the header is asked for only while the stream is silent and not proven. */
  readonly watch: HeaderWatch | undefined
}

/** Longest time between two looks at a silent stream. */
const MAX_INTERVAL_MS = 60_000
/** Part of the time between two looks that is left to chance, so that many clients do not look at once. */
const JITTER = 0.5

/**
 * Finds out that a stream which is silent is not quiet but dead: some servers accept a start and never send anything
 * after it, or stop where they have caught up. Looks at the header on another connection; if it shows more entries
 * than came, or fewer, bytes are due within `responseTimeoutMs`.
 *
 * A stream that goes on after a look has shown that it was at the head is live, and needs no more looks.
 */
export class HeadWatch implements AsyncDisposable {
  readonly #options: HeadWatchOptions
  readonly #clock: Clock
  readonly #stop = new AbortController()
  /** What the server has, as it was seen last. */
  #header: Header
  /** Bytes that had come when the header had fewer entries than the stream had brought. */
  #shorterAt: number | undefined
  /** When the stream was first seen to owe something. */
  #owedSince = 0
  #running: Promise<void> | undefined

  constructor(options: HeadWatchOptions) {
    this.#options = options
    this.#clock = options.settings.clock
    this.#header = options.header
  }

  /** How long the stream may be silent now. */
  get idleLimit(): IdleLimit {
    const { responseTimeoutMs, idleTimeoutMs } = this.#options.settings
    return { limitMs: this.#owes ? responseTimeoutMs : idleTimeoutMs, since: this.#owedSince }
  }

  begin(): void {
    this.#running ??= this.#run().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.stream.drop(error)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new ConnectionError('CLOSED', 'no longer watched'))
    await this.#running
  }

  get #owes(): boolean {
    const { stream, isOwed } = this.#options
    return isOwed(this.#header) || this.#shorterAt === stream.receivedBytes
  }

  async #run(): Promise<void> {
    const { settings, stream, watch } = this.#options
    if (watch !== undefined) await watchHeaders(watch, this.#clock, () => this.#look(), this.#stop.signal)
    let intervalMs = settings.headCheckMs
    let atHead: number | undefined
    for (;;) {
      const before = stream.receivedBytes
      await sleep(this.#clock, intervalMs * (1 - JITTER * Math.random()), { signal: this.#stop.signal })
      if (atHead !== undefined && stream.receivedBytes !== atHead) return
      if (stream.receivedBytes !== before || stream.hasBytes) continue
      await this.#look()
      atHead = this.#owes ? undefined : before
      intervalMs = Math.max(intervalMs, Math.min(2 * intervalMs, MAX_INTERVAL_MS))
    }
  }

  /** Look once. `undefined` if the server gives no header, but is known to live. */
  async #look(): Promise<Header | undefined> {
    const { stream, look, next } = this.#options
    const before = stream.receivedBytes
    let header: Header
    try {
      header = await look(this.#stop.signal)
    } catch (error) {
      this.#stop.signal.throwIfAborted()
      if (!(error instanceof ConnectionError)) throw error
      const silent = error.code === 'TIMEOUT' || error.code === 'UNREACHABLE'
      if (silent && stream.receivedBytes === before) throw error
      return undefined
    }
    const owed = this.#owes
    const brought = next()
    const isQuiet = stream.receivedBytes === before && !stream.hasBytes
    this.#header = header
    this.#shorterAt = isQuiet && brought !== undefined && header.totalEntries < brought ? before : undefined
    if (!owed && this.#owes) {
      this.#owedSince = this.#clock.now()
      stream.wake()
    }
    return header
  }
}
