export { type Entry, type Header, StreamError } from '@datastreamer/format'
export type { CommitResult, StreamWriter } from '@datastreamer/format/source'
export {
  ConnectionError,
  type ConnectionErrorCode,
  type IdentityField,
  ProtocolError,
  type ProtocolErrorCode,
  StreamChangedError,
} from './errors.ts'
export type { BackoffOptions } from './options.ts'
export { connectSource } from './source/connect-source.ts'
export { SourceClient } from './source/source-client.ts'
export {
  SourceConflictError,
  type SourceConflictErrorCode,
  SourceRefusedError,
  type SourceRefusedErrorCode,
  SourceRejectedError,
  type SourceRejectedErrorCode,
} from './source/source-errors.ts'
export type {
  SourceClientStatus,
  SourceCloseOptions,
  SourceConnectOptions,
  SourceOptions,
} from './source/source-options.ts'
