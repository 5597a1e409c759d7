import type { SourceCodeName } from '@datastreamer/format/source'
import type { Clock, Net } from '@datastreamer/runtime'
import type { StreamStore } from '@datastreamer/store'
import type { RejectReason } from '../socket/endpoint-events.ts'
import type { SourceCloseReason, SourceEventDetails } from './source-events.ts'
import type { WriterSlot } from './writer-slot.ts'

export interface SourceServerOptions {
  /** The stream that is written. */
  readonly store: StreamStore
  /** What a source client has to send to be accepted (default: none is asked for). */
  readonly token?: string | undefined
  /**
   * Idle timeout of the source client that writes, after which another can have the writer slot (default 15,000; 0 is
   * never). Source clients learn it, and send pings when they have nothing else to send.
   */
  readonly inactivityTimeoutMs?: number | undefined
  /**
   * Deadline of the hello, from the connection on and with the TLS handshake (default 10,000; 0 is no limit).
   */
  readonly helloTimeoutMs?: number | undefined
  /** How long a source client may take none of the answers that wait for it (default 10,000; 0 is no limit). */
  readonly writeTimeoutMs?: number | undefined
  /** Commits that may wait for the disk before no more is read (default 4,096). */
  readonly maxCommitsInFlight?: number | undefined
  /**
   * Connections at a time beside the one that writes (default 64; 0 is no limit). One more evicts the oldest of the
   * address that has most, so that nobody can keep out whom the server would accept.
   */
  readonly maxConnections?: number | undefined
  /** Time without traffic after which the kernel asks whether the source client's host is still there (default 30,000; 0 is never). */
  readonly keepAliveMs?: number | undefined
  /** Time and timers (default: this machine's). */
  readonly clock?: Clock | undefined
  /** Where it listens (default: this machine's network). */
  readonly net?: Net | undefined
}

/** What all connections of source clients share. */
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

/** What is to be seen of a source client's connection from outside. */
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

/** What source clients have done. */
export interface SourceTally {
  readonly commits: number
  readonly entries: bigint
  readonly bytesReceived: number
}

/** What a source server has counted since it was made. */
export interface SourceCounters extends SourceTally {
  readonly accepted: number
  readonly rejected: Readonly<Partial<Record<RejectReason, number>>>
  readonly closed: Readonly<Partial<Record<SourceCloseReason, number>>>
  /** Requests that were refused, by their code. */
  readonly refused: Readonly<Partial<Record<SourceCodeName, number>>>
}
