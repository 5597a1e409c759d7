import type { RejectReason } from '../socket/endpoint-events.ts'
import type { CompressionTotals } from './compressed-runs.ts'
import type { CloseReason } from './server-events.ts'

/** What is to be seen of a connection from outside. */
export interface ConnectionStatus {
  /** Unique in its server. */
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly state: 'stopped' | 'streaming' | 'closing'
  /** Number of the next entry, while streaming. */
  readonly entryNumber: bigint | undefined
  /** Committed entries that are still to be sent, while streaming without an end. */
  readonly lagEntries: number | undefined
  readonly bytesSent: number
  readonly connectedAt: Date
}

/** What a server has counted since it was made. */
export interface ServerCounters {
  readonly accepted: number
  readonly bytesSent: number
  readonly compression: CompressionTotals
  readonly rejected: Readonly<Partial<Record<RejectReason, number>>>
  readonly closed: Readonly<Partial<Record<CloseReason, number>>>
  /** Results other than OK, by their code. */
  readonly refused: Readonly<Partial<Record<number, number>>>
}
