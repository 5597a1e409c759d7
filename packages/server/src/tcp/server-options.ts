import type { Command } from '@datastreamer/format'
import type { Clock, Net } from '@datastreamer/runtime'
import type { BookmarkIndex, KnownBoundaries, ReadableLog, StreamLog } from '@datastreamer/store/log'
import type { CompressedRuns } from './compressed-runs.ts'
import type { FeedMemory } from './entry-feed.ts'
import type { FairScheduler } from './fair-scheduler.ts'
import type { KnownSignatures } from './known-signatures.ts'
import type { EventDetails } from './server-events.ts'
import type { ServedSignatures } from './signature-state.ts'

/** Limits of every connection; 0 is none. docs/spec/protocol.md §9. */
export interface ConnectionLimits {
  /**
   * How long a client may take none of the bytes that wait for it (default 3,000): it is dropped between one time and
   * one and a half times that after the last. One that is slow but takes bytes stays; where the system does not say
   * (elsewhere than on Linux), it must take about a third of the socket's send buffer in that time.
   */
  readonly writeTimeoutMs?: number | undefined
  /** How long a client that is not streaming may stay without traffic in either direction (default 120,000). */
  readonly inactivityTimeoutMs?: number | undefined
  /** How long a command may take from its first byte to its last (default 10,000). */
  readonly commandTimeoutMs?: number | undefined
  /**
   * Close a connection whose client starts twice or stops what it has not started (default true). The Go server answers
   * and stays open.
   */
  readonly closeOnStateError?: boolean | undefined
}

/** A stream as a server needs it. Open stores and readers are such. */
export interface ServedStream {
  readonly log: StreamLog
  readonly index: BookmarkIndex
  /** Known operation boundaries, for clients that ask for them (default: only commit points are known). */
  readonly operationBoundaries?: KnownBoundaries | undefined
}

export interface ServingOptions extends ConnectionLimits {
  /**
   * Threads of their own for clients (default 0: they are served in the thread of the server). With more than one, the
   * system divides the connections among them.
   */
  readonly readerThreads?: number | undefined
  /** Connections at a time (default 1,000; 0 is no limit). */
  readonly maxConnections?: number | undefined
  /** Connections at a time from one IP address, or one IPv6 network of 64 bits (default 0: no limit). */
  readonly maxConnectionsPerAddress?: number | undefined
  /** Time without traffic after which the kernel asks whether the client's host is still there (default 30,000; 0 is never). */
  readonly keepAliveMs?: number | undefined
  /**
   * Compress runs of entries for clients that ask for it (default true); without, that command is unknown.
   * docs/spec/protocol.md §10.
   */
  readonly compression?: boolean | undefined
  /** Who vouches for the stream: for clients that ask for that (default: nobody, and that command is unknown). docs/spec/protocol.md §12. */
  readonly signatures?: ServedSignatures | undefined
  /** Time and timers (default: this machine's). */
  readonly clock?: Clock | undefined
  /** Where it listens (default: this machine's network). */
  readonly net?: Net | undefined
}

/** What is served, and how. */
export type StreamServerOptions = ServingOptions &
  ({ readonly store: ServedStream } | { readonly reader: ServedStream })

type Resolved<Options> = { readonly [Name in keyof Options]-?: NonNullable<Options[Name]> }

/** Number of a committed bookmark's entry, or `undefined`. @throws what reading the log or the index throws */
export type FindBookmark = (bookmark: Uint8Array) => Promise<bigint | undefined>

/** All limits of a host of clients. */
export interface HostLimits extends Resolved<ConnectionLimits> {
  readonly maxConnections: number
  readonly keepAliveMs: number
  readonly compression: boolean
}

/** Whether a command is one that a server is not to know. */
export type UnknownCommands = Pick<ReadonlySet<Command['name']>, 'has'>

/** What all connections of a host share. */
export interface ConnectionContext extends Resolved<ConnectionLimits> {
  /** The log, whose reads are queued. */
  readonly log: ReadableLog
  /** Hear of all that has happened to the log: what a client asks for must not be older than what it has heard elsewhere. */
  readonly refresh: () => void
  readonly findBookmark: FindBookmark
  readonly operationBoundaries: KnownBoundaries
  /** Where runs are compressed, for those who asked for it. */
  readonly compressed: CompressedRuns
  /** Who vouches for the stream, if anybody does. */
  readonly signatures: KnownSignatures | undefined
  /** Commands that this server is not to know now. */
  readonly unknownCommands: UnknownCommands
  readonly scheduler: FairScheduler
  readonly memory: FeedMemory
  readonly clock: Clock
  readonly net: Net
  /** Called for everything that happens but `connected`. */
  readonly onEvent: (event: EventDetails) => void
}
