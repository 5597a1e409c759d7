import type { OperationEvent } from '@datastreamer/format'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import { type StreamPoint, sameBytes } from '../segment/point.ts'

/** What a segment's leaf says, but for the epoch. */
export type CutLeaf = Omit<SegmentLeaf, 'kind' | 'epoch'>

/** A segment that was cut, compressed and hashed. */
export interface CutSegment {
  readonly leaf: CutLeaf
  /** The file, in chunks that follow each other. */
  readonly file: readonly Uint8Array[]
}

/** Cuts a stream into segments, from a point on. */
export interface SegmentCutting {
  /** Take what comes next; gives the segments that are complete. */
  push(event: OperationEvent): Promise<readonly CutSegment[]>
  /** What is left, as a last segment; `undefined` if there is nothing. */
  rest(): Promise<CutSegment | undefined>
}

export type BeginCutting = (start: StreamPoint) => SegmentCutting

export function sameFile(a: Pick<SegmentLeaf, 'bytes' | 'sha256'>, b: Pick<SegmentLeaf, 'bytes' | 'sha256'>): boolean {
  return a.bytes === b.bytes && sameBytes(a.sha256, b.sha256)
}
