import type { Clock, Net } from '@datastreamer/runtime'
import type { StreamStore } from '@datastreamer/store'
import type { SourceEventDetails } from './source-events.ts'
import type { WriterSlot } from './writer-slot.ts'

export interface SourceServerOptions {
  /** The stream that sources write to. */
  readonly store: StreamStore
  /** What a source has to send to be let in (default: none is asked for). */
  readonly token?: string | undefined
  /**
   * Silence after which a source is given up, so that another can take its place (default 15,000; 0 is never). Sources
   * are told, and send pings when they have nothing else to say.
   */
  readonly inactivityTimeoutMs?: number | undefined
  /**
   * Time that a newcomer has to say who it is, from its connection on and with its TLS handshake (default 10,000; 0 is
   * no limit).
   */
  readonly helloTimeoutMs?: number | undefined
  /** How long a source may take none of the answers that wait for it (default 10,000; 0 is no limit). */
  readonly writeTimeoutMs?: number | undefined
  /** Commits that may wait for the disk before no more is read (default 4,096). */
  readonly maxCommitsInFlight?: number | undefined
  /**
   * Connections at a time beside the one that writes (default 64; 0 is no limit). One more evicts the oldest of the
   * address that has most, so that nobody can keep out whom the server would let in.
   */
  readonly maxConnections?: number | undefined
  /** Silence after which the kernel asks whether the source's host is still there (default 30,000; 0 is never). */
  readonly keepAliveMs?: number | undefined
  /** Time and timers (default: this machine's). */
  readonly clock?: Clock | undefined
  /** Where it listens (default: this machine's network). */
  readonly net?: Net | undefined
}

/** What all connections of sources share. */
export interface SourceContext {
  readonly store: StreamStore
  readonly token: string | undefined
  readonly inactivityTimeoutMs: number
  readonly helloTimeoutMs: number
  readonly writeTimeoutMs: number
  readonly maxCommitsInFlight: number
  readonly clock: Clock
  readonly net: Net
  readonly slot: WriterSlot
  /** Called for everything that happens but `connected`. */
  readonly onEvent: (event: SourceEventDetails) => void
}

/** What is to be seen of a source's connection from outside. */
export interface SourceStatus {
  /** Unique in its server. */
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** `waiting`: for what the writer before has left to be finished. */
  readonly state: 'handshaking' | 'waiting' | 'writing' | 'closing'
  /** `undefined` until it said who it is. */
  readonly sourceId: string | undefined
  /** Whether an operation is open. */
  readonly operationOpen: boolean
  readonly commitsInFlight: number
  /** Operations that it committed. */
  readonly commits: number
  readonly bytesReceived: number
  readonly connectedAt: Date
}

/** What a source has done. */
export interface SourceTally {
  readonly commits: number
  readonly entries: bigint
  readonly bytesReceived: number
}

/** What a listener of sources has counted since it was made. */
export interface SourceCounters extends SourceTally {
  readonly accepted: number
  readonly rejected: Readonly<Record<string, number>>
  readonly closed: Readonly<Record<string, number>>
  /** Requests that were refused, by their code. */
  readonly refused: Readonly<Record<string, number>>
}
