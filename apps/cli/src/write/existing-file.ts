import { nodeDisk } from '@datastreamer/store'
import { MissingError } from '../errors.ts'
import { refuseE2store } from '../source/other-family.ts'

/** The stream file, which a command must not make by mistake. @throws {MissingError} @throws {WrongFileError} */
export async function existingFile(file: string): Promise<string> {
  if (await nodeDisk.exists(file)) {
    refuseE2store(file)
    return file
  }
  throw new MissingError('NOT_FOUND', `${file}: there is no such file`)
}
