import { ChainError } from '../errors.ts'
import { type SegmentHeader, sameIdentity } from './header.ts'
import { type StreamPoint, samePoint } from './point.ts'

/** What is known of a segment that is not open. */
export interface SegmentFacts {
  /** As people call it: a path. */
  readonly name: string
  readonly header: SegmentHeader
  readonly end: StreamPoint
  /** Number of the first block, and how many there are. */
  readonly firstBlock: bigint | undefined
  readonly blocks: number
  /** Bytes of the file. */
  readonly size: number
}

/**
 * Put segments into the order of the stream.
 *
 * @throws {ChainError} `NO_FILES`, `OTHER_STREAM`, `GAP`, `OVERLAP`, `BROKEN_CHAIN`
 * @see docs/spec/archive.md §6
 */
export function orderSegments<T extends SegmentFacts>(segments: readonly T[]): readonly [T, ...T[]] {
  const [first, ...rest] = segments.toSorted(byStart)
  if (first === undefined) throw new ChainError('NO_FILES', 'there is no archive of a stream')
  let before = first
  for (const segment of rest) {
    checkFollows(before, segment)
    before = segment
  }
  return [first, ...rest]
}

/** By first entry; one without entries comes before one with. */
function byStart(a: SegmentFacts, b: SegmentFacts): number {
  const order = a.header.start.number - b.header.start.number || a.end.number - b.end.number
  return order < 0n ? -1 : order > 0n ? 1 : 0
}

function checkFollows({ name: before, header, end }: SegmentFacts, { name, header: next }: SegmentFacts): void {
  const { start } = next
  if (!sameIdentity(header.identity, next.identity)) {
    throw new ChainError('OTHER_STREAM', `${name} is not of the stream of ${before}`)
  }
  if (start.number > end.number) {
    throw new ChainError('GAP', `${before} ends before entry ${end.number}, ${name} begins with entry ${start.number}`)
  }
  if (start.number < end.number) {
    throw new ChainError('OVERLAP', `both ${before} and ${name} hold entry ${start.number}`)
  }
  if (!samePoint(start, end)) {
    throw new ChainError('BROKEN_CHAIN', `${name} follows another stream than that of ${before}`)
  }
}
