import { readConfigFile } from './config-file.ts'
import type { ConfigWarning } from './config-warning.ts'
import { type ConfigOf, flagOf, type Option, type OptionTable, variableOf } from './option.ts'
import { readRate, readValue, type Value } from './read-value.ts'
import { unknownVariables } from './unknown-variables.ts'

export interface Sources {
  /** What the command line gave, by option name. */
  readonly given: ReadonlyMap<string, unknown>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told of what has no effect, and was hardly meant so. */
  readonly warn?: ((warning: ConfigWarning) => void) | undefined
}

/**
 * Put a configuration together: a flag wins over an environment variable, that over the configuration file which the
 * option `config` names, that over the default. An empty variable counts as absent.
 *
 * @throws {ConfigError} naming the flag, variable or key that is wrong
 */
export function resolveConfig<T extends OptionTable>(table: T, { given, env, warn = () => {} }: Sources): ConfigOf<T> {
  const fromCaller = (name: string, option: Option): Value | undefined => {
    if (given.has(name)) return readValue(option, given.get(name), `--${flagOf(name)}`)
    const own = variableOf(name)
    if (env[own]) return readValue(option, env[own], own)
    const { env: aliases = [], translate = (given: unknown) => given } = option.aliases ?? {}
    const alias = aliases.find((known) => env[known])
    return alias === undefined ? undefined : readValue(option, translate(env[alias]), alias)
  }
  const path = table.config === undefined ? undefined : fromCaller('config', table.config)
  const file = typeof path === 'string' ? readConfigFile(path, table, warn) : undefined

  const config: Record<string, Value | undefined> = {}
  for (const [name, option] of Object.entries(table)) {
    const inFile = file?.get(name)
    const own = fromCaller(name, option) ?? (inFile && readValue(option, inFile.value, inFile.from))
    config[name] = own ?? defaultOf(option)
  }
  for (const warning of unknownVariables(table, env)) warn(warning)
  return config as ConfigOf<T>
}

function defaultOf(option: Option): Value | undefined {
  switch (option.type) {
    case 'boolean':
      return false
    case 'duration':
      return option.default === undefined ? undefined : option.default * (option.unit === 's' ? 1000 : 1)
    case 'rate':
      return readRate(option.default)
    default:
      return option.default
  }
}
