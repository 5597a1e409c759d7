import { existsSync } from 'node:fs'
import {
  KeyError,
  parseSignerKey,
  parseVerifierKey,
  type SignerKey,
  type VerifierKey,
} from '@datastreamer/format/signing'
import { ConfigError } from '../errors.ts'
import { readText } from '../text/read-text.ts'

/**
 * The private keys in a file, one a line; the first is the one in use, others sign beside it while a key is replaced. All have
 * one name.
 *
 * @param option as it was given, for the error
 * @throws {ConfigError} `BAD_FILE`, `BAD_KEY`, naming the option and the file; never anything of a key
 */
export async function readSignerKeys(option: string, path: string): Promise<readonly [SignerKey, ...SignerKey[]]> {
  const [first, ...rest] = await eachLine(option, path, readText(option, path), parseSignerKey)
  const other = rest.find(({ name }) => name !== first.name)
  if (other === undefined) return [first, ...rest]
  throw new ConfigError('BAD_KEY', `${option}: ${path} holds keys of two names, ${first.name} and ${other.name}`)
}

/**
 * Public keys: as text, or one a line in a file.
 *
 * @param option as it was given, for the error
 * @throws {ConfigError} `BAD_FILE`, `BAD_KEY`, naming the option
 */
export async function readVerifierKeys(
  option: string,
  value: string,
): Promise<readonly [VerifierKey, ...VerifierKey[]]> {
  const isFile = !/^[^+/\\]+(?:\/[^+]*)?\+[0-9a-f]{8}\+/.test(value) || existsSync(value)
  return eachLine(option, value, isFile ? readText(option, value) : value, parseVerifierKey)
}

async function eachLine<T>(
  option: string,
  shown: string,
  text: string,
  parse: (line: string) => Promise<T>,
): Promise<[T, ...T[]]> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const keys: T[] = []
  for (const line of lines) keys.push(await parse(line.trim()).catch((error) => refuse(option, shown, error)))
  const [first, ...rest] = keys
  if (first === undefined) throw new ConfigError('BAD_KEY', `${option}: ${shown} holds no key`)
  return [first, ...rest]
}

function refuse(option: string, shown: string, error: unknown): never {
  if (!(error instanceof KeyError)) throw error
  throw new ConfigError('BAD_KEY', `${option}: ${shown}: ${error.message}`, { cause: error })
}
