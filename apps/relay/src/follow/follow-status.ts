import { HistoryDiffersError, StreamChangedError, TruncatedError } from '@datastreamer/client'
import { type Clock, systemClock } from '@datastreamer/runtime'
import type { StreamReader } from '@datastreamer/store'
import { DivergedError } from '../errors.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { FollowEvent } from './follow-event.ts'

/** What is to be known of one upstream. */
interface UpstreamRecord {
  readonly upstream: Upstream
  connections: number
  failures: number
  lastError: { readonly at: Date; readonly code: string; readonly message: string } | undefined
}

type Connected = Extract<FollowEvent, { readonly event: 'connected' }>

/** Why nothing is followed although upstreams answer. */
export type Refusal = 'truncated' | 'differs'

/** How following goes: which upstream, how far behind, since when. All of it comes of the events of following. */
export class FollowStatus {
  readonly #clock: Clock
  readonly #records: ReadonlyMap<Upstream, UpstreamRecord>
  #own: Pick<StreamReader, 'getHeader'> | undefined
  #current: (Pick<Connected, 'upstream' | 'boundaries' | 'compression'> & { readonly since: Date }) | undefined
  #trying: Upstream | undefined
  #lostAt: number
  #lastEntryAt: Date | undefined
  /** `totalEntries` of the upstream, as far as it is known. */
  #upstreamEntries: bigint | undefined
  #refusal: { readonly kind: Refusal; readonly error: Error } | undefined
  #stopped: Error | undefined
  #connections = 0
  #entries = 0

  constructor(upstreams: readonly Upstream[], clock: Clock = systemClock) {
    this.#clock = clock
    this.#lostAt = this.#clock.now()
    this.#records = new Map(
      upstreams.map((upstream) => [upstream, { upstream, connections: 0, failures: 0, lastError: undefined }]),
    )
  }

  /** The upstream that is followed now. */
  get upstream(): Upstream | undefined {
    return this.#current?.upstream
  }

  /** Why the file cannot be written now. */
  get stopped(): Error | undefined {
    return this.#stopped
  }

  /** Why the upstreams that answer are not followed. */
  get refusal(): { readonly kind: Refusal; readonly error: Error } | undefined {
    return this.#refusal
  }

  /** How long, in ms, no upstream has been followed; 0 if one is. */
  get disconnectedMs(): number {
    return this.#current === undefined ? this.#clock.now() - this.#lostAt : 0
  }

  /** Entries that the upstream was seen to have and the file has not; `undefined` if no upstream was ever seen. */
  get lag(): bigint | undefined {
    if (this.#upstreamEntries === undefined || this.#own === undefined) return undefined
    const lag = this.#upstreamEntries - this.#own.getHeader().totalEntries
    return lag > 0n ? lag : 0n
  }

  /** Seconds since an entry came; `undefined` if none has. */
  get secondsSinceEntry(): number | undefined {
    return this.#lastEntryAt && (this.#clock.wallTime() - this.#lastEntryAt.getTime()) / 1000
  }

  /** Connections to upstreams after the first one. */
  get reconnects(): number {
    return Math.max(0, this.#connections - 1)
  }

  /** Entries received. */
  get entries(): number {
    return this.#entries
  }

  /** Attempts that failed and connections that were lost, by upstream. */
  get failures(): Readonly<Record<string, number>> {
    return Object.fromEntries(Array.from(this.#records.values(), ({ upstream, failures }) => [upstream.name, failures]))
  }

  /** All of it, as plain data. */
  toJson(): Readonly<Record<string, unknown>> {
    const { upstream, since, boundaries, compression } = this.#current ?? {}
    return {
      upstream: upstream?.name ?? null,
      state: this.#state,
      connectedSince: since ?? null,
      operationBoundaries: boundaries ?? null,
      compression: compression ?? null,
      upstreamEntries: this.#upstreamEntries ?? null,
      entriesBehind: this.lag ?? null,
      lastEntryAt: this.#lastEntryAt ?? null,
      secondsSinceLastEntry: this.secondsSinceEntry ?? null,
      reconnects: this.reconnects,
      entriesReceived: this.#entries,
      problem: (this.#stopped ?? this.#refusal?.error)?.message ?? null,
      upstreams: Array.from(this.#records.values(), ({ upstream: { name }, ...record }) => {
        return { name, ...record, lastError: record.lastError ?? null }
      }),
    }
  }

  /** The relay's own stream is open. */
  opened(own: Pick<StreamReader, 'getHeader'>): void {
    this.#own = own
  }

  apply(event: FollowEvent): void {
    switch (event.event) {
      case 'connecting':
        this.#trying = event.upstream
        return
      case 'connected':
        this.#connected(event)
        this.#upstreamEntries = event.header.totalEntries
        return
      case 'header':
        this.#upstreamEntries = event.header.totalEntries
        return
      case 'received':
        this.#entries += event.entries
        this.#lastEntryAt = this.#date()
        return
      case 'failed':
        this.#failed(event.upstream, event.error)
        return
      case 'stopped':
        this.#left()
        this.#stopped = event.error
        return
      case 'resumed':
        this.#stopped = undefined
        return
      case 'history':
      case 'truncated':
    }
  }

  #connected({ upstream, boundaries, compression }: Connected): void {
    this.#current = { upstream, since: this.#date(), boundaries, compression }
    this.#trying = undefined
    this.#refusal = undefined
    this.#connections++
    const record = this.#records.get(upstream)
    if (record !== undefined) record.connections++
  }

  #failed(upstream: Upstream, error: Error): void {
    this.#left()
    const refused = refusalOf(error)
    if (refused !== undefined) this.#refusal = { kind: refused, error }
    const record = this.#records.get(upstream)
    if (record === undefined) return
    record.failures++
    record.lastError = { at: this.#date(), code: codeOf(error), message: error.message }
  }

  #left(): void {
    if (this.#current !== undefined) this.#lostAt = this.#clock.now()
    this.#current = undefined
    this.#trying = undefined
  }

  #date(): Date {
    return new Date(this.#clock.wallTime())
  }

  get #state(): string {
    if (this.#stopped !== undefined) return 'stopped'
    if (this.#current !== undefined) return 'streaming'
    if (this.#refusal !== undefined) return 'refused'
    return this.#trying === undefined ? 'waiting' : 'connecting'
  }
}

function refusalOf(error: Error): Refusal | undefined {
  if (error instanceof TruncatedError) return 'truncated'
  const differs = [StreamChangedError, DivergedError, HistoryDiffersError].some((kind) => error instanceof kind)
  return differs ? 'differs' : undefined
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
