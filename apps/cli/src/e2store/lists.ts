import { type ChecksumList, parseChecksums } from '@datastreamer/e2store/execution'
import { readText } from '@datastreamer/service'
import { UsageError } from '../errors.ts'

/** Read a list of checksums or accumulators; what is wrong with lines of it is noted, and the others are used. */
export function readList(option: string, path: string, note: (line: string) => void): ChecksumList {
  const list = parsed(option, path, readText(option, path))
  const [first] = list.badLines
  if (list.entries.length === 0) {
    const why = first === undefined ? 'it is empty' : `line ${first.line} ${first.message}`
    throw new UsageError('USAGE', `${option}: ${path} has no hashes: ${why}`)
  }
  for (const { line, message } of list.badLines)
    note(`${option}: ${path}: line ${line} ${message}; the others are used`)
  return list
}

function parsed(option: string, path: string, text: string): ChecksumList {
  try {
    return parseChecksums(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError('USAGE', `${option}: ${path}: ${why}`, { cause: error })
  }
}
