import { ConnectionError, ProtocolError, ServerRefusedError, StreamClient, TruncatedError } from '@datastreamer/client'
import { StreamError } from '@datastreamer/format'
import { type Clock, sleep, systemClock } from '@datastreamer/runtime'
import type { PassedSignatures } from '@datastreamer/service/stream'
import { changedNothing, DiskError, type StreamStore } from '@datastreamer/store'
import { followTruncation } from '../truncate/follow-truncation.ts'
import { ExtensionsWanted } from '../upstream/extensions-wanted.ts'
import { type RoundOptions, Rounds } from '../upstream/rounds.ts'
import { clientOptions, streamOf, type Upstream, type UpstreamLimits } from '../upstream/upstream.ts'
import type { Report } from './follow-event.ts'
import { followOnce } from './follow-once.ts'

export type OnTruncate = 'refuse' | 'follow'

export interface FollowerOptions {
  readonly store: StreamStore
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
  /** Time between two polls of the upstream's header (default 1,000). */
  readonly watchIntervalMs?: number | undefined
  readonly report: Report
  /** What signatures are passed on to, if they are. */
  readonly signatures?: PassedSignatures | undefined
}

/** A connection that held so long was sound, also if no entry came. */
const SOUND_MS = 10_000
/** Longest wait for an upstream to show that it answers, where it did not say which extensions it has. */
const ANSWER_MS = 2000

interface Failure {
  readonly upstream: Upstream
  readonly error: TruncatedError
}

/**
 * Follows one of several upstreams, for ever: the first that has the stream of the file and goes on where it ends. When
 * a connection is lost the list is tried from its beginning, with a pause after each round in which none would do.
 */
export class Follower implements AsyncDisposable {
  readonly #options: FollowerOptions
  readonly #clock: Clock
  readonly #rounds: Rounds
  readonly #extensionsWanted = new ExtensionsWanted()
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  /** Since when every upstream that answers is shorter than the file. */
  #shorterSince: number | undefined
  /** Whether the file cannot be written now, so that nobody is followed. */
  #isStopped = false

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
      if (this.#isStopped) await this.#untilWritable()
      await sleep(this.#clock, this.#rounds.failed(), { signal })
    }
  }

  /** Wait until the store can write again, and see meanwhile how far behind the upstream it falls. */
  async #untilWritable(): Promise<void> {
    const { store, report, watchIntervalMs = 1000 } = this.#options
    while (store.broken !== undefined) {
      await this.#pollHead()
      await sleep(this.#clock, watchIntervalMs, { signal: this.#stop.signal })
    }
    this.#isStopped = false
    report({ event: 'resumed' })
  }

  /** See how many entries the first upstream has that answers. */
  async #pollHead(): Promise<void> {
    const { store, report, upstreams, limits = {} } = this.#options
    const { signal } = this.#stop
    for (const upstream of upstreams) {
      await using client = new StreamClient(clientOptions(upstream, limits, streamOf(store)))
      try {
        report({ event: 'header', header: await client.getHeader({ signal }) })
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
      if (this.#isStopped) return false
      if (error instanceof TruncatedError) truncated.push({ upstream, error })
    }
    const [first] = truncated
    if (first === undefined) return false
    this.#shorterSince ??= this.#clock.now()
    if (this.#options.onTruncate !== 'follow') return false
    const settled = this.#clock.now() - this.#shorterSince >= (this.#options.truncateGraceMs ?? 5000)
    const chosen = truncated.find(({ error }) => error.code === 'REWRITTEN') ?? (settled ? first : undefined)
    return chosen !== undefined && (await this.#truncate(chosen.upstream))
  }

  /** Follow one upstream until that ends; its error, or `undefined` if it was sound for a while. */
  async #follow(upstream: Upstream): Promise<StreamError | undefined> {
    const { store, limits = {}, watchIntervalMs = 1000, signatures } = this.#options
    const { signal } = this.#stop
    const { totalEntries } = store.getHeader()
    let connectedAt: number | undefined
    const report: Report = (event) => {
      if (event.event === 'connected') {
        connectedAt = this.#clock.now()
        this.#shorterSince = undefined
        this.#extensionsWanted.connected(upstream)
      }
      this.#options.report(event)
    }
    const extensions = this.#extensionsWanted.of(upstream)
    report({ event: 'connecting', upstream })
    try {
      return await followOnce({ store, upstream, limits, extensions, watchIntervalMs, report, signatures }, signal)
    } catch (error) {
      signal.throwIfAborted()
      this.#failed(upstream, error)
      if (connectedAt === undefined && extensions && isNoAnswer(error) && (await this.#answers(upstream))) {
        this.#extensionsWanted.leftOpen(upstream)
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
      this.#isStopped = true
      this.#options.report({ event: 'stopped', error })
    } else {
      this.#options.report({ event: 'failed', upstream, error })
    }
  }

  /** Truncate the file to what an upstream still has. Says whether that was done. */
  async #truncate(upstream: Upstream): Promise<boolean> {
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
    if (to < from) this.#options.report({ event: 'truncated', upstream, from, to })
    return true
  }
}

function isOfUpstream(error: StreamError): boolean {
  return error instanceof ConnectionError || error instanceof ProtocolError || error instanceof ServerRefusedError
}

/** Whether a question may have been left open. */
function isNoAnswer(error: StreamError): boolean {
  return error instanceof ConnectionError && ['CLOSED', 'RESET', 'TIMEOUT'].includes(error.code)
}
