import { extname } from 'node:path'
import { parse as parseToml, TomlError } from 'smol-toml'
import { parse as parseYaml } from 'yaml'
import { ConfigError } from '../errors.ts'
import { readText } from '../text/read-text.ts'

/**
 * Read the tables of a file: YAML if its name ends with `.yaml` or `.yml`, JSON, which is read as YAML, if with `.json`,
 * else TOML. Whole numbers that are no safe integers are bigints.
 *
 * @param option that names the file, for errors
 * @throws {ConfigError} `BAD_FILE`
 */
export function readTables(option: string, path: string): Record<string, unknown> {
  const text = readText(option, path)
  const isYaml = ['.yaml', '.yml', '.json'].includes(extname(path).toLowerCase())
  const values: unknown = isYaml ? readYaml(path, text) : readToml(path, text)
  if (values === null) return {}
  if (typeof values === 'object' && !Array.isArray(values)) return { ...values }
  throw new ConfigError('BAD_FILE', `${path}: expected keys and values at the top`)
}

function readToml(path: string, text: string): unknown {
  try {
    return parseToml(text, { integersAsBigInt: 'asNeeded' })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw new ConfigError('BAD_FILE', `${path}: line ${error.line}: ${error.message}`, { cause: error })
  }
}

function readYaml(path: string, text: string): unknown {
  try {
    return parseYaml(text, { intAsBigInt: true, logLevel: 'error' })
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // Its first line says what and where, the others show it.
    const [message] = error.message.split('\n', 1)
    throw new ConfigError('BAD_FILE', `${path}: ${message}`, { cause: error })
  }
}
