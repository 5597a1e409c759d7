import type { SourceCodeName } from '@datastreamer/format/source'
import type { EndpointEvent } from '../socket/endpoint-events.ts'
import { EventChannel } from '../socket/event-channel.ts'
import { CLOSING_CODES } from './fault.ts'
import type { ReadFailure } from './requests.ts'

/** How a connection ends without a code of the protocol. */
const UNTOLD_REASONS = [
  /** The source client ended its side. */
  'CLIENT_ENDED',
  /** The connection broke; `detail` says how. */
  'CONNECTION_LOST',
  /** The source client took none of the bytes that waited for it. */
  'WRITE_TIMEOUT',
  /** No whole hello came in time. */
  'HELLO_TIMEOUT',
  /** Too many others came before it had shown that it may write, or while it was closing. */
  'EVICTED',
] as const

/** Why the connection of a source client was closed: the code that it was sent, or what happened to it. */
export type SourceCloseReason = SourceCodeName | (typeof UNTOLD_REASONS)[number]

/** All of them, each as logs and metrics name it. */
export const SOURCE_CLOSE_REASONS: readonly SourceCloseReason[] = [...CLOSING_CODES, ...UNTOLD_REASONS]

/** What happens at a source server. `id` is a connection's, unique in its server. */
export type SourceEventDetails =
  | EndpointEvent
  /** A source client has the writer slot, and writes from `nextEntry` on. */
  | { readonly type: 'writing'; readonly id: number; readonly sourceId: string; readonly nextEntry: bigint }
  /** A request, or a whole operation, was refused; the connection goes on. */
  | { readonly type: 'refused'; readonly id: number; readonly code: SourceCodeName; readonly detail: string }
  /** What a source client asked for could not be read; it was refused. */
  | ({ readonly type: 'error'; readonly id: number } & ReadFailure)
  | {
      readonly type: 'closed'
      readonly id: number
      readonly remoteAddress: string
      /** `undefined` if it never said who it is. */
      readonly sourceId: string | undefined
      readonly reason: SourceCloseReason
      /** What was found and expected, for people. */
      readonly detail: string | undefined
      /** Operations that it committed. */
      readonly commits: number
      readonly bytesReceived: number
      readonly connectedMs: number
    }

/** Name of the `node:diagnostics_channel` on which every `SourceEvent` of the process is published. */
export const SOURCE_CHANNEL = 'datastreamer:source'

/** Where source servers publish what happens at them. */
export const sourceEvents: EventChannel<SourceEventDetails> = new EventChannel(SOURCE_CHANNEL)
