import { StreamError } from '@datastreamer/format'

/** Why a configuration cannot be used. */
export type ConfigErrorCode =
  /** The command line does not say what it should. */
  | 'BAD_COMMAND_LINE'
  /** A value that the option cannot have. */
  | 'BAD_VALUE'
  /** The configuration file has a key that is no option. */
  | 'UNKNOWN_KEY'
  /** A file that an option names is not there or cannot be read; the configuration file is no TOML, YAML or JSON. */
  | 'BAD_FILE'
  /** Options that do not go together. */
  | 'CONFLICT'
  /** A certificate or key that cannot be used. */
  | 'BAD_TLS'
  /** A file or text that holds no key to sign or verify with. */
  | 'BAD_KEY'

/** The process cannot start as it was configured. The message names the flag, variable or key to change. */
export class ConfigError extends StreamError<ConfigErrorCode> {
  override readonly name: string = 'ConfigError'
}
