export type { KnownBoundaries } from '@datastreamer/store/log'
export { onServerEvent, type ServerEvent } from './on-server-event.ts'
export { PassedSignatures } from './signing/passed-signatures.ts'
export { MAX_SIGNATURES } from './signing/point-row.ts'
export {
  type SignaturesEvent,
  type SignaturesOptions,
  type SignaturesStatus,
  StreamSignatures,
} from './signing/stream-signatures.ts'
export { descriptorLimit, roomForClients } from './socket/descriptors.ts'
export { REJECT_REASONS, type RejectReason } from './socket/endpoint-events.ts'
export type { CloseOptions, ListenOptions } from './socket/listen-options.ts'
export { ListenError } from './socket/listener.ts'
export { REFUSAL_CODES as SOURCE_REFUSAL_CODES } from './source/fault.ts'
export { onSourceEvent, type SourceEvent } from './source/on-source-event.ts'
export { checkProtection, UnprotectedError } from './source/protection.ts'
export {
  SOURCE_CHANNEL,
  SOURCE_CLOSE_REASONS,
  type SourceCloseReason,
  type SourceEventDetails,
} from './source/source-events.ts'
export type { SourceCounters, SourceServerOptions, SourceStatus, SourceTally } from './source/source-options.ts'
export { SourceServer } from './source/source-server.ts'
export { StreamServer } from './stream-server.ts'
export type { CompressionTotals } from './tcp/compressed-runs.ts'
export type { DigestPoint, KnownSignatures, SignedPoint } from './tcp/known-signatures.ts'
export { CLOSE_REASONS, type CloseReason, type EventDetails, SERVER_CHANNEL } from './tcp/server-events.ts'
export type { ServedStream, StreamServerOptions } from './tcp/server-options.ts'
export type { ConnectionStatus, ServerCounters } from './tcp/server-status.ts'
export type { ServedSignatures, SignatureState } from './tcp/signature-state.ts'
