import { ConfigError } from '../errors.ts'
import type { ConfigWarning } from './config-warning.ts'
import { nearest } from './nearest.ts'
import { flagOf, type OptionTable } from './option.ts'
import { readTables } from './read-tables.ts'

/** A value of a configuration file, and where it stands. */
export interface FileValue {
  readonly value: unknown
  readonly from: string
}

/** What a configuration file says. */
export interface FileValues {
  /** By option name. */
  readonly values: ReadonlyMap<string, FileValue>
  /** Whether it has keys of another program. */
  readonly isForeign: boolean
}

/**
 * Read a configuration file: TOML, YAML or JSON, its keys those of the flags without the dashes, but not `config`: a file
 * names no other. A key without a value counts as absent.
 *
 * @param option that names the file, for errors
 * @param warn called with unknown keys in a file with keys of another program (`aliases.keys`), which ignores them
 * @throws {ConfigError} `BAD_FILE`, or `UNKNOWN_KEY` naming it
 */
export function readConfigFile(
  option: string,
  path: string,
  table: OptionTable,
  warn: (warning: ConfigWarning) => void,
): FileValues {
  const own = new Map(
    Object.keys(table)
      .filter((name) => name !== 'config')
      .map((name) => [flagOf(name), name]),
  )
  const aliases = aliasesOf(table)
  const values = new Map<string, FileValue>()
  const unknown: string[] = []
  let isForeign = false
  for (const [key, value] of flatten(readTables(option, path), own)) {
    const from = `${path}: ${key}`
    const name = own.get(key)
    const alias = aliases.get(key.toLowerCase())
    if (name !== undefined) {
      values.set(name, { value, from })
    } else if (alias !== undefined) {
      isForeign = true
      const translate = table[alias]?.aliases?.translate
      values.set(alias, { value: translate === undefined ? value : translate(value), from })
    } else {
      unknown.push(key)
    }
  }
  for (const key of unknown) {
    const message = `${path}: ${key}: unknown key${hint(key, own)}`
    if (!isForeign) throw new ConfigError('UNKNOWN_KEY', message)
    warn({ event: 'unknown-key', message: `${message}; it has no effect` })
  }
  return { values, isForeign }
}

/** Option names by the keys that another program has for them, in lower case. */
function aliasesOf(table: OptionTable): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(table).flatMap(([name, { aliases }]) =>
      (aliases?.keys ?? []).map((key) => [key.toLowerCase(), name] as const),
    ),
  )
}

/** The values of a file; those of tables that are no option have `Table.` before their keys. */
function* flatten(
  values: Readonly<Record<string, unknown>>,
  own: ReadonlyMap<string, string>,
  prefix = '',
): Generator<[string, unknown], void, void> {
  for (const [key, value] of Object.entries(values)) {
    const path = `${prefix}${key}`
    if (isTable(value) && !own.has(path)) yield* flatten(value, own, `${path}.`)
    else if (value !== null) yield [path, value]
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function hint(key: string, names: ReadonlyMap<string, string>): string {
  const near = nearest(key, [...names.keys()])
  return near === undefined ? '' : `, did you mean ${near}?`
}
