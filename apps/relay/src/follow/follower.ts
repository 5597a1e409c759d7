import { ConnectionError, ProtocolError, ServerRefusedError, StreamClient, TruncatedError } from '@datastreamer/client'
import { type Header, StreamError } from '@datastreamer/format'
import { type Clock, sleep, systemClock } from '@datastreamer/runtime'
import { changedNothing, DiskError, type StreamStore } from '@datastreamer/store'
import { followTruncation } from '../truncate/follow-truncation.ts'
import { type RoundOptions, Rounds } from '../upstream/rounds.ts'
import { clientOptions, streamOf, type Upstream, type UpstreamLimits } from '../upstream/upstream.ts'
import { BoundariesWanted } from './boundaries-wanted.ts'
import { type FollowListener, followOnce } from './follow-once.ts'
import type { FollowStatus } from './follow-status.ts'

export type OnTruncate = 'refuse' | 'follow'

export interface FollowerOptions {
  readonly store: StreamStore
  /** Where to tell how it goes. */
  readonly status: FollowStatus
  /** In the order in which they are tried. */
  readonly upstreams: readonly Upstream[]
  /** What to do when all of them have less than the file, or other entries (default `refuse`). */
  readonly onTruncate?: OnTruncate | undefined
  /**
   * How long all of them have to be shorter than the file before that counts as a truncation (default 5,000): a relay
   * among them may just be late.
   */
  readonly truncateGraceMs?: number | undefined
  readonly limits?: UpstreamLimits | undefined
  readonly rounds?: RoundOptions | undefined
  /** Time between two looks at the upstream's header (default 1,000). */
  readonly watchIntervalMs?: number | undefined
  readonly onEvent?: ((event: FollowEvent) => void) | undefined
}

/** What a follower tells of, for logs. */
export type FollowEvent =
  | { readonly event: 'connected'; readonly upstream: Upstream; readonly header: Header; readonly boundaries: boolean }
  | {
      readonly event: 'failed'
      readonly upstream: Upstream
      readonly error: StreamError
    }
  /** The file was cut back to what the upstream still has. */
  | { readonly event: 'cut'; readonly upstream: Upstream; readonly from: bigint; readonly to: bigint }
  /** The file cannot be written until the disk is well; what it has is served on. */
  | { readonly event: 'stopped'; readonly error: Error }
  /** It can be written again. */
  | { readonly event: 'resumed' }

/** A connection that held so long was sound, also if no entry came. */
const SOUND_MS = 10_000
/** Longest wait for an upstream to show that it answers, where it did not say whether it sends operation boundaries. */
const ANSWER_MS = 2000

interface Failure {
  readonly upstream: Upstream
  readonly error: TruncatedError
}

/**
 * Follows one of several upstreams, for ever: the first that has the stream of the file and goes on where it ends. When
 * a connection is lost the list is tried from its beginning, with a pause behind each round in which none would do.
 */
export class Follower implements AsyncDisposable {
  readonly #options: FollowerOptions
  readonly #clock: Clock
  readonly #rounds: Rounds
  readonly #boundariesWanted = new BoundariesWanted()
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  /** Since when every upstream that answers is shorter than the file. */
  #shorterSince: number | undefined

  /** Start to follow. @param onFailure called once, with an error that nobody foresaw */
  constructor(options: FollowerOptions, onFailure: (error: unknown) => void) {
    this.#options = options
    this.#clock = options.limits?.clock ?? systemClock
    this.#rounds = new Rounds(options.rounds)
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) onFailure(error)
    })
  }

  /** Stop, with all that was committed in the file. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException('the relay ends', 'AbortError'))
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    for (;;) {
      if (await this.#round()) this.#rounds.succeeded()
      if (this.#options.status.stopped !== undefined) await this.#untilWritable()
      await sleep(this.#clock, this.#rounds.failed(), { signal })
    }
  }

  /** Wait until the store can write again, and look meanwhile at how far behind it falls. */
  async #untilWritable(): Promise<void> {
    const { store, status, watchIntervalMs = 1000 } = this.#options
    while (store.broken !== undefined) {
      await this.#lookAtHead()
      await sleep(this.#clock, watchIntervalMs, { signal: this.#stop.signal })
    }
    status.goOn()
    this.#options.onEvent?.({ event: 'resumed' })
  }

  /** See how many entries the first upstream has that answers. */
  async #lookAtHead(): Promise<void> {
    const { store, status, upstreams, limits = {} } = this.#options
    const { signal } = this.#stop
    for (const upstream of upstreams) {
      await using client = new StreamClient(clientOptions(upstream, limits, streamOf(store)))
      try {
        status.sawHeader(await client.getHeader({ signal }))
        return
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof StreamError)) throw error
      }
    }
  }

  /** Try every upstream once. Says whether one of them was followed for a while. */
  async #round(): Promise<boolean> {
    const truncated: Failure[] = []
    for (const upstream of this.#options.upstreams) {
      const error = await this.#follow(upstream)
      if (error === undefined) return true
      if (this.#options.status.stopped !== undefined) return false
      if (error instanceof TruncatedError) truncated.push({ upstream, error })
    }
    const [first] = truncated
    if (first === undefined) return false
    this.#shorterSince ??= this.#clock.now()
    if (this.#options.onTruncate !== 'follow') return false
    const settled = this.#clock.now() - this.#shorterSince >= (this.#options.truncateGraceMs ?? 5000)
    const chosen = truncated.find(({ error }) => error.code === 'REWRITTEN') ?? (settled ? first : undefined)
    return chosen !== undefined && (await this.#cut(chosen.upstream))
  }

  /** Follow one upstream until that ends; its error, or `undefined` if it was sound for a while. */
  async #follow(upstream: Upstream): Promise<StreamError | undefined> {
    const { store, limits = {}, watchIntervalMs = 1000 } = this.#options
    const { signal } = this.#stop
    const { totalEntries } = store.getHeader()
    let connectedAt: number | undefined
    const listener: FollowListener = {
      onConnected: (header, boundaries) => {
        connectedAt = this.#clock.now()
        this.#shorterSince = undefined
        this.#boundariesWanted.connected(upstream)
        this.#options.status.connected(upstream, header, boundaries)
        this.#options.onEvent?.({ event: 'connected', upstream, header, boundaries })
      },
      onHeader: (header) => this.#options.status.sawHeader(header),
      onEntries: (entries) => this.#options.status.received(entries.length),
    }
    const boundaries = this.#boundariesWanted.of(upstream)
    this.#options.status.connecting(upstream)
    try {
      return await followOnce({ store, upstream, limits, boundaries, watchIntervalMs, listener }, signal)
    } catch (error) {
      signal.throwIfAborted()
      this.#failed(upstream, error)
      if (connectedAt === undefined && boundaries && isSilence(error) && (await this.#answers(upstream))) {
        this.#boundariesWanted.leftOpen(upstream)
      }
      const held = connectedAt === undefined ? 0 : this.#clock.now() - connectedAt
      const sound = held > SOUND_MS || store.getHeader().totalEntries > totalEntries
      return sound && isOfUpstream(error) ? undefined : error
    }
  }

  /** Whether an upstream answers a question that all know. */
  async #answers(upstream: Upstream): Promise<boolean> {
    const { store, limits = {} } = this.#options
    const { signal } = this.#stop
    const { streamType } = store.getHeader()
    await using client = new StreamClient(clientOptions(upstream, limits, { streamType }))
    const late = new AbortController()
    const timer = this.#clock.after(ANSWER_MS, () => late.abort())
    try {
      await client.getHeader({ signal: AbortSignal.any([signal, late.signal]) })
      return true
    } catch {
      signal.throwIfAborted()
      return false
    } finally {
      timer.cancel()
    }
  }

  #failed(upstream: Upstream, error: unknown): asserts error is StreamError {
    // What is not deliberate ends the relay.
    if (!(error instanceof StreamError)) throw error
    if (error instanceof DiskError && !changedNothing(error)) {
      // No upstream is to blame.
      this.#options.status.stop(error)
      this.#options.onEvent?.({ event: 'stopped', error })
    } else {
      this.#options.status.failed(upstream, error)
      this.#options.onEvent?.({ event: 'failed', upstream, error })
    }
  }

  /** Cut the file back to what an upstream still has. Says whether that was done. */
  async #cut(upstream: Upstream): Promise<boolean> {
    const { store, limits = {} } = this.#options
    const { signal } = this.#stop
    const { totalEntries: from, streamType } = store.getHeader()
    await using client = new StreamClient(clientOptions(upstream, limits, { streamType }))
    try {
      await followTruncation(client, store, signal)
    } catch (error) {
      signal.throwIfAborted()
      this.#failed(upstream, error)
      return false
    }
    this.#shorterSince = undefined
    const { totalEntries: to } = store.getHeader()
    if (to < from) this.#options.onEvent?.({ event: 'cut', upstream, from, to })
    return true
  }
}

function isOfUpstream(error: StreamError): boolean {
  return error instanceof ConnectionError || error instanceof ProtocolError || error instanceof ServerRefusedError
}

/** Whether a question may have been left open. */
function isSilence(error: StreamError): boolean {
  return error instanceof ConnectionError && ['CLOSED', 'RESET', 'TIMEOUT'].includes(error.code)
}
