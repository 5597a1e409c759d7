import { readFileSync, statSync } from 'node:fs'
import { mustBeFile } from '@datastreamer/server'

/** What a shell has opened already, as for `<(command)`. */
const OPENED_BEFORE = /^\/(?:dev\/(?:fd\/\d+|stdin)|proc\/self\/fd\/\d+)$/

/**
 * Read a file as UTF-8. A pipe of that name would be waited for, beyond any signal, and a device may have no end: they
 * are refused, unless the pipe was opened before, by whoever started this process.
 *
 * @throws {RefusedError} `NOT_A_FILE` @throws what the system says
 */
export function readText(path: string): string {
  if (!OPENED_BEFORE.test(path)) mustBeFile(path, statSync(path))
  return readFileSync(path, 'utf8')
}
