import { nodeDisk } from '@datastreamer/store'
import { UsageError } from '../errors.ts'

/** A path to write to: nothing that is there is replaced by mistake. @throws {UsageError} */
export async function newPath(path: string, { force = false }: { readonly force?: boolean }): Promise<string> {
  if (force || !(await nodeDisk.exists(path))) return path
  throw new UsageError('USAGE', `${path} is there already (--force replaces it)`)
}
