import { EventChannel } from './event-channel.ts'
import type { StreamServer } from './stream-server.ts'

/** Why a connection was closed. */
export type CloseReason =
  /** The client ended its side. */
  | 'CLIENT_ENDED'
  /** The connection broke; `code` is the system's. */
  | 'CONNECTION_LOST'
  /** The client took none of the bytes that waited for it. */
  | 'WRITE_TIMEOUT'
  /** No traffic, and nothing to wait for. */
  | 'INACTIVE'
  /** A command was begun, but not ended in time. */
  | 'COMMAND_TIMEOUT'
  /** Bytes that are no command; `code` is that of the format's error. */
  | 'BAD_COMMAND'
  /** A command that the state does not allow. */
  | 'BAD_STATE'
  /** The log was cut before the place that the client had reached. */
  | 'TRUNCATED'
  /** The log or the bookmark index cannot be read; `code` is that of the error. */
  | 'READ_FAILED'
  | 'SERVER_CLOSED'

/** Why a connection was not let in. */
export type RejectReason =
  | 'MAX_CONNECTIONS'
  | 'MAX_CONNECTIONS_PER_ADDRESS'
  | 'TLS_FAILED'
  /** The process has hardly any file descriptors left: `ulimit -n`. */
  | 'DESCRIPTORS'
  /** Too many others came before it had shown that it may stay. */
  | 'EVICTED'

/** What happens where a server listens. `id` is a connection's, unique in its server. */
export type EndpointEvent =
  | { readonly type: 'listening'; readonly host: string; readonly port: number; readonly tls: boolean }
  | { readonly type: 'connected'; readonly id: number; readonly remoteAddress: string; readonly remotePort: number }
  | {
      readonly type: 'rejected'
      readonly remoteAddress: string
      readonly reason: RejectReason
      /** The system's or OpenSSL's code, where there is one. */
      readonly code: string | undefined
    }

/** What happens at a server. */
export type EventDetails =
  | EndpointEvent
  | {
      readonly type: 'streaming'
      readonly id: number
      readonly fromEntry: bigint
      /** Number of the last entry of a range. */
      readonly toEntry: bigint | undefined
    }
  | { readonly type: 'stopped'; readonly id: number; readonly nextEntry: bigint }
  | { readonly type: 'refused'; readonly id: number; readonly resultCode: number }
  | {
      readonly type: 'closed'
      readonly id: number
      readonly remoteAddress: string
      readonly reason: CloseReason
      readonly code: string | undefined
      /** What was found and expected, for people. */
      readonly detail: string | undefined
      readonly bytesSent: number
      readonly connectedMs: number
    }
  | {
      readonly type: 'error'
      readonly id: number
      readonly error: unknown
      /** Read once more what could not be read. */
      readonly again: () => Promise<unknown>
    }

/** What happens at a server, with the server that it happens at. */
export type ServerEvent = EventDetails & { readonly server: StreamServer }

/** Name of the `node:diagnostics_channel` on which every {@link ServerEvent} of the process is published. */
export const SERVER_CHANNEL = 'datastreamer:server'

const events = new EventChannel<StreamServer, EventDetails>(SERVER_CHANNEL)

export function publish(server: StreamServer, details: EventDetails): void {
  events.publish(server, details)
}

/** Hear of what happens at one server, until the returned function is called. */
export function onServerEvent(server: StreamServer, listener: (event: ServerEvent) => void): () => void {
  return events.listen(server, listener)
}
