import { type Checksum, parseChecksums } from '@datastreamer/e2store/execution'
import { readText } from '@datastreamer/service'
import { UsageError } from '../errors.ts'

/** Read a list of checksums that an option names. @throws {UsageError} @throws {ConfigError} */
export function readChecksumList(option: string, path: string): readonly Checksum[] {
  const text = readText(option, path)
  try {
    return parseChecksums(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError('USAGE', `${option}: ${path}: ${why}`, { cause: error })
  }
}
