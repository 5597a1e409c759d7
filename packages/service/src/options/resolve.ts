import { readConfigFile } from './config-file.ts'
import type { ConfigWarning } from './config-warning.ts'
import { type ConfigOf, flagOf, type Option, type OptionTable, variableOf } from './option.ts'
import { readRate, readValue, type Value } from './read-value.ts'
import { serviceAddressIn } from './service-links.ts'
import { unknownVariables } from './unknown-variables.ts'

export interface Sources {
  /** What the command line gave, by option name. */
  readonly given: ReadonlyMap<string, unknown>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether a flag was spelled as another program has it. */
  readonly isForeign?: boolean | undefined
  /** Called with what has no effect, and was hardly meant so. */
  readonly warn?: ((warning: ConfigWarning) => void) | undefined
}

/**
 * Put a configuration together: a flag wins over an environment variable, that over the configuration file which the
 * option `config` names, that over the default. An empty variable counts as absent. Where a spelling of another program
 * was used (`aliases`), its defaults hold (`foreignDefault`).
 *
 * @throws {ConfigError} naming the flag, variable or key that is wrong
 */
export function resolveConfig<T extends OptionTable>(table: T, sources: Sources): ConfigOf<T> {
  const { given, env, warn = () => {} } = sources
  let isForeign = sources.isForeign ?? false
  const isSet = (option: Option, name: string): boolean => {
    const value = env[name]
    if (!value) return false
    const warning = serviceAddressIn(option, name, value)
    if (warning !== undefined) warn(warning)
    return warning === undefined
  }
  const fromCaller = (name: string, option: Option): Value | undefined => {
    if (given.has(name)) return readValue(option, given.get(name), `--${flagOf(name)}`)
    const own = variableOf(name)
    if (isSet(option, own)) return readValue(option, env[own], own)
    const { env: aliases = [], translate = (given: unknown) => given } = option.aliases ?? {}
    const alias = aliases.find((known) => isSet(option, known))
    if (alias === undefined) return undefined
    isForeign = true
    return readValue(option, translate(env[alias]), alias)
  }
  const path = table.config === undefined ? undefined : fromCaller('config', table.config)
  const named = given.has('config') ? `--${flagOf('config')}` : variableOf('config')
  const file = typeof path === 'string' ? readConfigFile(named, path, table, warn) : undefined

  const config: Record<string, Value | undefined> = {}
  for (const [name, option] of Object.entries(table)) {
    const inFile = file?.values.get(name)
    config[name] = fromCaller(name, option) ?? (inFile && readValue(option, inFile.value, inFile.from))
  }
  isForeign ||= file?.isForeign ?? false
  for (const [name, option] of Object.entries(table)) config[name] ??= defaultOf(option, isForeign)
  for (const warning of unknownVariables(table, env)) warn(warning)
  return config as ConfigOf<T>
}

function defaultOf(option: Option, isForeign: boolean): Value | undefined {
  switch (option.type) {
    case 'boolean':
      return option.default === true || (isForeign && option.foreignDefault === true)
    case 'duration':
      return option.default === undefined ? undefined : option.default * (option.unit === 's' ? 1000 : 1)
    case 'rate':
      return readRate(option.default)
    default:
      return option.default
  }
}
