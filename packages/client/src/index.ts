export { type Entry, type Header, NotFoundError, StreamError, TruncatedError } from '@datastreamer/format'
export { hostPortText, parseHostPort, parseServerAddress, type ServerAddress } from './address.ts'
export { type Checkpoint, checkpointOf } from './checkpoint.ts'
export { StreamClient } from './client.ts'
export { connect } from './connect.ts'
export {
  ConnectionError,
  type ConnectionErrorCode,
  type HistoryDifference,
  HistoryDiffersError,
  type HistoryDiffersErrorCode,
  type IdentityField,
  ProtocolError,
  type ProtocolErrorCode,
  ServerRefusedError,
  type ServerRefusedErrorCode,
  StreamChangedError,
  UnsignedStreamError,
  type UnsignedStreamErrorCode,
} from './errors.ts'
export type {
  BlockEventsOptions,
  BlocksOptions,
  EventsOptions,
  IterationOptions,
  QueryOptions,
  ReadOptions,
} from './iteration-options.ts'
export type { BackoffOptions, ClientOptions, ConnectOptions } from './options.ts'
export type { From, SequencerPosition, To } from './position.ts'
export type { HeaderWatch } from './resume/header-watch.ts'
export type { Rewound, StreamEvent } from './resume/stream-event.ts'
export type { StreamBlock } from './sequencer/block-checkpoint.ts'
export type { BlockEvent } from './sequencer/blocks.ts'
