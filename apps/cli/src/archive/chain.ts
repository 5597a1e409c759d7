import type { ArchiveFile } from './archive-file.ts'
import { ChainError } from './errors.ts'
import type { Identity } from './layout.ts'
import { samePoint } from './stream-cursor.ts'

/** What is known of an archive that is not open. */
export interface ArchiveFacts extends Pick<ArchiveFile, 'header' | 'end' | 'name'> {
  readonly path: string
}

/**
 * Put archives into the order of the stream.
 *
 * @throws {ChainError} `NO_FILES`, `OTHER_STREAM`, `GAP`, `OVERLAP`, `BROKEN_CHAIN`
 * @see docs/spec/archive.md §6
 */
export function chainOf(files: readonly ArchiveFacts[]): readonly [ArchiveFacts, ...ArchiveFacts[]] {
  const [first, ...rest] = files.toSorted(byStart)
  if (first === undefined) throw new ChainError('NO_FILES', 'there is no archive of a stream')
  let before = first
  for (const file of rest) {
    checkFollows(before, file)
    before = file
  }
  return [first, ...rest]
}

/** By first entry; one without entries in front of one with. */
function byStart(a: ArchiveFacts, b: ArchiveFacts): number {
  const order = a.header.start.number - b.header.start.number || a.end.point.number - b.end.point.number
  return order < 0n ? -1 : order > 0n ? 1 : 0
}

function checkFollows(before: ArchiveFacts, file: ArchiveFacts): void {
  const { identity, start } = file.header
  if (!sameIdentity(before.header.identity, identity)) {
    throw new ChainError('OTHER_STREAM', `${file.path} is not of the stream of ${before.path}`)
  }
  const { point } = before.end
  if (start.number > point.number) {
    const message = `${before.path} ends before entry ${point.number}, ${file.path} begins with entry ${start.number}`
    throw new ChainError('GAP', message)
  }
  if (start.number < point.number) {
    throw new ChainError('OVERLAP', `both ${before.path} and ${file.path} hold entry ${start.number}`)
  }
  if (!samePoint(start, point)) {
    throw new ChainError('BROKEN_CHAIN', `${file.path} follows another stream than that of ${before.path}`)
  }
}

function sameIdentity(a: Identity, b: Identity): boolean {
  return (
    a.generation === b.generation &&
    a.version === b.version &&
    a.systemId === b.systemId &&
    a.streamType === b.streamType
  )
}
