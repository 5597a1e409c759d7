import { readFileSync, statSync } from 'node:fs'
import { kindOfFile } from '@datastreamer/runtime'
import { ConfigError } from '../errors.ts'

/** What a shell has opened already, as for `<(command)`. */
const OPENED_BEFORE = /^\/(?:dev\/(?:fd\/\d+|stdin)|proc\/self\/fd\/\d+)$/

/**
 * Read a file that an option names, as UTF-8. A pipe of that name would be waited for, beyond any signal, and a device may have no end: they
 * are refused, unless the pipe was opened before, by whoever started this process.
 *
 * @param option as it was given, for the error
 * @throws {ConfigError} `BAD_FILE`, naming the option and the file
 */
export function readText(option: string, path: string): string {
  try {
    if (!OPENED_BEFORE.test(path)) mustBeFile(path)
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError('BAD_FILE', `${option}: ${reasonOf(path, cause)}`, { cause })
  }
}

function mustBeFile(path: string): void {
  const stats = statSync(path)
  if (!stats.isFile()) throw new Error(`${path} is ${kindOfFile(stats)}, expected a file`)
}

function reasonOf(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR' ? `no such file ${path}` : message
}
