import { existsSync } from 'node:fs'
import { NotFoundError } from '../errors.ts'

/** The file, which a command must not make by mistake. @throws {NotFoundError} */
export function existingFile(file: string): string {
  if (existsSync(file)) return file
  throw new NotFoundError('NOT_FOUND', `${file}: there is no such file`)
}
