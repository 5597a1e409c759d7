import { readFileSync } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import { ConfigError } from '../errors.ts'
import { flagOf, type OptionTable } from './option.ts'

/** A value of a configuration file, and where it stands. */
export interface FileValue {
  readonly value: unknown
  readonly from: string
}

/**
 * Read a configuration file: TOML, its keys those of the flags without the dashes, but not `config`: a file names no other.
 *
 * @returns values by option name
 * @throws {ConfigError} `BAD_FILE`, or `UNKNOWN_KEY` naming it
 */
export function readConfigFile(path: string, table: OptionTable): Map<string, FileValue> {
  const names = Object.keys(table).filter((name) => name !== 'config')
  const own = new Map(names.map((name) => [flagOf(name), name]))
  const aliases = new Map<string, string>()
  for (const [name, option] of Object.entries(table)) {
    for (const key of option.aliases?.keys ?? []) aliases.set(key.toLowerCase(), name)
  }
  const values = new Map<string, FileValue>()
  for (const [key, value] of flatten(readToml(path), own)) {
    const from = `${path}: ${key}`
    const name = own.get(key)
    const alias = aliases.get(key.toLowerCase())
    if (name !== undefined) {
      values.set(name, { value, from })
    } else if (alias !== undefined) {
      const translate = table[alias]?.aliases?.translate
      values.set(alias, { value: translate === undefined ? value : translate(value), from })
    } else {
      throw new ConfigError('UNKNOWN_KEY', `${from}: unknown key${hint(key, own)}`)
    }
  }
  return values
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
    else yield [path, value]
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function readToml(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError('BAD_FILE', `cannot read the configuration file: ${(error as Error).message}`, {
      cause: error,
    })
  }
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw new ConfigError('BAD_FILE', `${path}: line ${error.line}: ${error.message}`, { cause: error })
  }
}

/** Keys are often written as in another program: the same letters in another spelling are worth a hint. */
function hint(key: string, names: ReadonlyMap<string, string>): string {
  const letters = (text: string): string => text.replaceAll(/[^a-z0-9]/gi, '').toLowerCase()
  const near = [...names.keys()].find((known) => letters(known) === letters(key))
  return near === undefined ? '' : `, did you mean ${near}?`
}
