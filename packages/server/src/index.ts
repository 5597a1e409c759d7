export { checkProtection, UnprotectedError } from './source/protection.ts'
export {
  onSourceEvent,
  SOURCE_CHANNEL,
  type SourceCloseReason,
  type SourceEvent,
  type SourceEventDetails,
} from './source/source-events.ts'
export type { SourceCounters, SourceServerOptions, SourceStatus, SourceTally } from './source/source-options.ts'
export { SourceServer } from './source/source-server.ts'
export { descriptorLimit, roomForClients } from './tcp/descriptors.ts'
export { ListenError } from './tcp/listener.ts'
export { Lobby, type LobbyOptions } from './tcp/lobby.ts'
export type { OperationEnds } from './tcp/operation-marks.ts'
export {
  type CloseReason,
  type EventDetails,
  onServerEvent,
  type RejectReason,
  SERVER_CHANNEL,
  type ServerEvent,
} from './tcp/server-events.ts'
export type { CloseOptions, ListenOptions, ServerTlsOptions, StreamServerOptions } from './tcp/server-options.ts'
export type { ConnectionStatus, ServerCounters } from './tcp/server-status.ts'
export { StreamServer } from './tcp/stream-server.ts'
