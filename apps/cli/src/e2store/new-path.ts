import { existsSync } from 'node:fs'
import { UsageError } from '../errors.ts'

/** A path to write to: nothing that is there is replaced by mistake. @throws {UsageError} */
export function newPath(path: string, { force = false }: { readonly force?: boolean }): string {
  if (force || !existsSync(path)) return path
  throw new UsageError('USAGE', `${path} is there already (--force replaces it)`)
}
