export { type Entry, type Header, StreamError } from '@datastreamer/format'
export { parseHostPort } from './address.ts'
export {
  connect,
  type EventsOptions,
  type IterationOptions,
  type QueryOptions,
  StreamClient,
} from './client.ts'
export {
  ConnectionError,
  type ConnectionErrorCode,
  type IdentityField,
  ProtocolError,
  type ProtocolErrorCode,
  ServerRefusedError,
  type ServerRefusedErrorCode,
  StreamChangedError,
  TruncatedError,
  type TruncatedErrorCode,
} from './errors.ts'
export type { BackoffOptions, ClientOptions } from './options.ts'
export type { From, To } from './resume/cursor.ts'
export type { StreamEvent } from './resume/follow.ts'
export type { HeaderWatch } from './resume/head-watch.ts'
