export { type Address, addressText } from './admin/address.ts'
export { type AdminOptions, AdminServer, type AdminSources, type Readiness } from './admin/admin-server.ts'
export { ConfigError, type ConfigErrorCode } from './errors.ts'
export { createLog, type LogLevel, type LogOptions } from './log/create-log.ts'
export type { Log, LogFields } from './log/log.ts'
export { LOG_EVENTS, type LogEvent } from './log/log-events.ts'
export { gauge, total, totals } from './metrics/instruments.ts'
export { type CommandLine, type ProgramText, readCommandLine } from './options/command-line.ts'
export { COMMON_OPTIONS, PROCESS_OPTIONS } from './options/common-options.ts'
export type { ConfigWarning } from './options/config-warning.ts'
export { goArguments, goDuration, goLevel, goLogFormat } from './options/go-spellings.ts'
export {
  type ConfigOf,
  flagOf,
  type Option,
  type OptionAliases,
  type OptionTable,
  type ValueOf,
  variableOf,
} from './options/option.ts'
export { resolveConfig, type Sources } from './options/resolve.ts'
export { type ClosingParts, closeInTurn } from './run/close-in-turn.ts'
export { runService } from './run/run-service.ts'
export type { Service, ServiceContext, ServiceProgram } from './run/service.ts'
export { escapeControls } from './text/escape-controls.ts'
export { readText } from './text/read-text.ts'
export { type ClientTls, type ClientTlsFiles, loadClientTls } from './tls/client-tls.ts'
export { loadServerTls, type TlsFiles } from './tls/server-tls.ts'
export { type TlsFlags, tlsHint } from './tls/tls-hint.ts'
export { type TlsReader, TlsRenewal } from './tls/tls-renewal.ts'
