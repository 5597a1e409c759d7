import { ContentError, E2FormatError } from '../../errors.ts'
import { indexEndingAt } from '../../index-records/end-of-file.ts'
import { RECORD_HEADER_BYTES, readRecordHeader } from '../../records/record.ts'
import { describeType, RecordType } from '../../records/record-type.ts'
import type { BlockArchive } from '../archive/archive.ts'

/** The cause of an error in the structure of a file, if the file as a whole shows one that says more; else the error. */
export async function explainStructure(archive: BlockArchive, error: unknown): Promise<unknown> {
  if (!(error instanceof ContentError)) return error
  return (await joinedAt(archive)) ?? (await secondIndex(archive)) ?? error
}

async function secondIndex({ source, layout }: BlockArchive): Promise<E2FormatError | undefined> {
  const { accumulator, indexPosition } = layout
  const second = await indexEndingAt(source, accumulator?.position ?? indexPosition)
  if (second === undefined) return undefined
  const message = `a second index: ${describeType(second.type)} record out of place`
  return new E2FormatError('UNEXPECTED_TYPE', message, second.position, 'verify')
}

/** Files that were written one after the other: the last one's index points at records after a Version of their own. */
async function joinedAt({ source, layout }: BlockArchive): Promise<E2FormatError | undefined> {
  try {
    const columns = layout.rowwise ? [0] : layout.columns.map((_, column) => column)
    const position = Math.min(...columns.map((column) => layout.target(0, column))) - RECORD_HEADER_BYTES
    if (position <= 0) return undefined
    const { type } = await readRecordHeader(source, position, { step: 'verify' })
    if (type !== RecordType.Version) return undefined
    const message = 'files that were joined: the index is that of the part that begins here'
    return new E2FormatError('UNEXPECTED_TYPE', message, position, 'verify')
  } catch (error) {
    if (error instanceof ContentError) return undefined
    throw error
  }
}
