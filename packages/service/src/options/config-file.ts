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
 * Read a configuration file: TOML, its keys those of the flags without the dashes.
 *
 * @returns values by option name
 * @throws {ConfigError} `BAD_FILE`, or `UNKNOWN_KEY` naming it
 */
export function readConfigFile(path: string, table: OptionTable): Map<string, FileValue> {
  const names = new Map<string, string>()
  for (const [name, { aliases }] of Object.entries(table)) {
    for (const key of [flagOf(name), ...(aliases?.keys ?? [])]) names.set(key, name)
  }
  const values = new Map<string, FileValue>()
  for (const [key, value] of Object.entries(readToml(path))) {
    const name = names.get(key)
    const from = `${path}: ${key}`
    if (name === undefined) throw new ConfigError('UNKNOWN_KEY', `${from}: unknown key${hint(key, names)}`)
    values.set(name, { value, from })
  }
  return values
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
