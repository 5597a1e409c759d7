import { ConnectionError, type StreamClient } from '@datastreamer/client'
import type { Header } from '@datastreamer/format'
import { pause } from '../upstream/rounds.ts'

export interface WatchOptions {
  readonly client: StreamClient
  /** As the upstream is called. */
  readonly name: string
  /** Time between two looks. */
  readonly intervalMs: number
  /** How long the stream may bring nothing though the upstream has more, or fewer entries than it sent. */
  readonly stallMs: number
  /** Number of the entry that is to come next. */
  readonly next: () => bigint
  /** Whether a header is wanted at once. */
  readonly urgent: () => boolean
  readonly onHeader: (header: Header) => void
}

/** Time between two looks while a header is wanted at once. */
const URGENT_MS = 50

/**
 * Looks at the upstream's header now and then, on a connection of its own: to know how far behind the relay is, and to
 * find out that a stream which is silent is not quiet but dead, or cut.
 */
export class UpstreamWatch implements AsyncDisposable {
  readonly #options: WatchOptions
  readonly #dead = new AbortController()
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Aborted, with the error as its reason, when the upstream does not answer or its stream brings nothing. */
  get dead(): AbortSignal {
    return this.#dead.signal
  }

  begin(): void {
    this.#running ??= this.#run().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#dead.abort(error)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new ConnectionError('CLOSED', 'no longer watched'))
    await this.#running
  }

  async #run(): Promise<void> {
    const { client, next, urgent, intervalMs, stallMs, name, onHeader } = this.#options
    const { signal } = this.#stop
    let seen = next()
    let since = performance.now()
    for (;;) {
      await this.#wait(urgent, intervalMs)
      const before = next()
      const header = await this.#look(client, before)
      if (before !== seen) {
        seen = before
        since = performance.now()
      }
      if (header === undefined) continue
      signal.throwIfAborted()
      onHeader(header)
      if (header.totalEntries === seen) since = performance.now()
      const silent = performance.now() - since
      if (silent > stallMs) {
        const lacks = header.totalEntries > seen ? `sent none from ${seen} on` : `sent ${seen}, and none`
        const message = `${name} has ${header.totalEntries} entries but ${lacks} for ${Math.round(silent)} ms`
        throw new ConnectionError('TIMEOUT', message)
      }
    }
  }

  /** Wait for the next look, in steps short enough to notice that one is wanted at once. */
  async #wait(urgent: () => boolean, intervalMs: number): Promise<void> {
    for (let waited = 0; waited < intervalMs; waited += URGENT_MS) {
      await pause(Math.min(URGENT_MS, intervalMs - waited), this.#stop.signal)
      if (urgent()) return
    }
  }

  /** The header; `undefined` if the upstream did not give one but is known to live. */
  async #look(client: StreamClient, before: bigint): Promise<Header | undefined> {
    const { signal } = this.#stop
    try {
      return await client.getHeader({ signal })
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ConnectionError)) throw error
      const silent = error.code === 'TIMEOUT' || error.code === 'UNREACHABLE'
      if (silent && this.#options.next() === before) throw error
      return undefined
    }
  }
}
