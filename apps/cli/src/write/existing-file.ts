import { nodeDisk } from '@datastreamer/server'
import { NotFoundError } from '../errors.ts'

/** The file, which a command must not make by mistake. @throws {NotFoundError} */
export async function existingFile(file: string): Promise<string> {
  if (await nodeDisk.exists(file)) return file
  throw new NotFoundError('NOT_FOUND', `${file}: there is no such file`)
}
