import type { EndpointEvent } from '../socket/endpoint-events.ts'
import { EventChannel } from '../socket/event-channel.ts'

/** Why a connection was closed, each as logs and metrics name it. */
export const CLOSE_REASONS = [
  /** The client ended its side. */
  'CLIENT_ENDED',
  /** The connection broke; `code` is the system's. */
  'CONNECTION_LOST',
  /** The client took none of the bytes that waited for it. */
  'WRITE_TIMEOUT',
  /** No traffic, and nothing to wait for. */
  'INACTIVE',
  /** A command was begun, but not ended in time. */
  'COMMAND_TIMEOUT',
  /** Bytes that are no command; `code` is that of the format's error. */
  'BAD_COMMAND',
  /** A command that the state does not allow. */
  'BAD_STATE',
  /** The log was truncated before the entry that the client had reached. */
  'TRUNCATED',
  /** The log or the bookmark index cannot be read; `code` is that of the error. */
  'READ_FAILED',
  /** The server is shutting down. */
  'SERVER_CLOSED',
] as const

export type CloseReason = (typeof CLOSE_REASONS)[number]

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

/** Name of the `node:diagnostics_channel` on which every `ServerEvent` of the process is published. */
export const SERVER_CHANNEL = 'datastreamer:server'

/** Where servers publish what happens at them. */
export const serverEvents: EventChannel<EventDetails> = new EventChannel(SERVER_CHANNEL)
