import type { NetAddress, ServerTlsOptions } from '@datastreamer/runtime'
import type { LogUpdate, ReplicaStart, SentError } from '@datastreamer/store/log'
import type { AdmissionMemory } from '../socket/admission.ts'
import type { ListenAddress } from '../socket/listen-options.ts'
import type { EventDetails } from '../tcp/server-events.ts'
import type { HostLimits } from '../tcp/server-options.ts'
import type { ConnectionStatus, ServerCounters } from '../tcp/server-status.ts'
import type { SignatureState } from '../tcp/signature-state.ts'

/** What a thread for clients begins with. */
export interface ThreadStart {
  readonly replica: ReplicaStart
  readonly admission: AdmissionMemory
  readonly maxConnectionsPerAddress: number
  readonly limits: HostLimits
  /** Threads of the server. */
  readonly hosts: number
  /** Who vouches for the stream, if anybody does. */
  readonly signatures: SignatureState | undefined
  /** One word: how many updates of the log were sent. */
  readonly sent: SharedArrayBuffer
}

/** An event as it is sent; what could not be read can be read again by a request that names it. */
export type SentEvent =
  | Exclude<EventDetails, { readonly type: 'error' }>
  | { readonly type: 'error'; readonly id: number; readonly error: SentError; readonly again: number }

/** What the server says to its threads. */
export interface ToThread {
  readonly note:
    | { readonly t: 'log'; readonly update: LogUpdate }
    | { readonly t: 'signatures'; readonly state: SignatureState }
    /** The events that were sent are handled: more may be sent. */
    | { readonly t: 'eventsHandled' }
  readonly request:
    | { readonly t: 'listen'; readonly address: ListenAddress }
    | { readonly t: 'renewTls'; readonly tls: ServerTlsOptions }
    | { readonly t: 'connections' }
    | { readonly t: 'counters' }
    | { readonly t: 'again'; readonly number: number }
    | { readonly t: 'close'; readonly graceMs: number }
}

/** What a thread says to its server. */
export interface ToServer {
  readonly note:
    | { readonly t: 'acknowledged'; readonly id: number }
    | { readonly t: 'events'; readonly events: readonly SentEvent[] }
  readonly request:
    | { readonly t: 'findBookmark'; readonly bookmark: Uint8Array }
    | { readonly t: 'lastUpTo'; readonly number: number }
    | { readonly t: 'isKnownAt'; readonly number: number }
    | { readonly t: 'pageEnd'; readonly page: number }
    | { readonly t: 'signatureAfter'; readonly number: number }
    | { readonly t: 'digestAt'; readonly number: number }
    /** Confirm what was read from the file. */
    | { readonly t: 'confirm' }
    /** The file is open: is it the one of the log? */
    | { readonly t: 'isSameFile' }
}

/** The answers to the requests of a server. */
export interface ThreadAnswers {
  readonly listen: NetAddress
  readonly connections: ConnectionStatus[]
  readonly counters: ServerCounters
}
