import { type OperationSource, SEQUENCER_STREAM_TYPE } from '@datastreamer/format'
import { detectGeneration, type Generation } from '@datastreamer/sequencer-entries'
import type { ZstdEncoder } from '../codecs/zstd.ts'
import type { SegmentEndOptions } from '../layout-2/end-rule.ts'
import type { BuiltSegment } from '../layout-2/segment-builder.ts'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import type { IdentityFields } from '../segment/header.ts'
import type { Sha256 } from '../sha256.ts'
import type { StopSignal } from './stop.ts'

/** How segments of a stream are made. */
export interface SegmentMaking extends SegmentEndOptions {
  readonly identity: IdentityFields
  readonly encoding: Generation | undefined
  readonly sha256: Sha256
  readonly zstd: ZstdEncoder
}

/** The leaf that describes a segment. docs/spec/history.md §3.2. */
export function leafOf({ header, index, bytes, sha256 }: BuiltSegment, epoch: number): SegmentLeaf {
  const { end, root, blocks, records } = index
  return { kind: 'segment', epoch, start: header.start, end, bytes, sha256, root, blocks, records }
}

/** How the entries of a stream are encoded, by its header, and its beginning where that leaves a doubt. */
export async function encodingOf(
  source: OperationSource,
  options: { readonly follow: boolean; readonly signal: StopSignal },
): Promise<Generation | undefined> {
  const header = await source.getHeader()
  if (header.streamType !== SEQUENCER_STREAM_TYPE) return undefined
  return detectGeneration(header, source.batches({ from: 0n, ...options }))
}
