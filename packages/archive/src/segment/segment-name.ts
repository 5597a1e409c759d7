import type { SegmentHeader } from './header.ts'
import { hexOf, type StreamPoint } from './point.ts'

/** What the name of a segment says. It comes from outside: it is compared with the content, never trusted. */
export interface SegmentName {
  readonly systemId: bigint
  /** Number of the first entry. */
  readonly first: bigint
  /** First four bytes of the digest at the segment's end, in hex. */
  readonly id: string
}

const NAME = /^(\d{1,20})-(\d{10,20})-([0-9a-f]{8})\.e2ds$/

/** The name that a segment has by its content. docs/spec/archive.md §5. */
export function segmentNameOf({ identity, start }: SegmentHeader, end: StreamPoint): string {
  const id = hexOf(end.digest.subarray(0, 4))
  return `${identity.systemId}-${String(start.number).padStart(10, '0')}-${id}.e2ds`
}

/** Parse a file name without its folder; `undefined` if it is not that of a segment. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const [, systemId, first, id] = NAME.exec(name) ?? []
  if (systemId === undefined || first === undefined || id === undefined) return undefined
  return { systemId: BigInt(systemId), first: BigInt(first), id }
}
