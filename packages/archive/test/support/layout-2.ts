import { concatBytes, type Entry } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import {
  type BuiltSegment,
  type IdentityFields,
  portableSha256,
  SegmentBuilder,
  type SegmentBuilderOptions,
  streamStart,
} from '../../src/index.ts'
import { nodeZstdEncoder } from '../../src/node.ts'

export const IDENTITY: IdentityFields = { generation: 3, version: 4, systemId: 1101n, streamType: 1n }

/** The operations of a stream with their numbers, from entry 0 on. */
export function numbered(operations: Iterable<readonly Pick<Entry, 'type' | 'data'>[]>): Entry[][] {
  let number = 0n
  return Array.from(operations, (operation) => operation.map(({ type, data }) => ({ type, data, number: number++ })))
}

/** A segment of operations; their first begins the stream unless `options` say otherwise. */
export async function segmentOf(
  operations: readonly (readonly Entry[])[],
  encoding: Generation | undefined,
  options: Partial<SegmentBuilderOptions> = {},
): Promise<BuiltSegment> {
  const start = streamStart(IDENTITY, portableSha256)
  const given = { identity: IDENTITY, encoding, start, sha256: portableSha256, zstd: nodeZstdEncoder }
  const builder = new SegmentBuilder({ ...given, ...options })
  for (const operation of operations) {
    for (const entry of operation) await builder.add(entry)
    builder.boundary()
  }
  return builder.finish()
}

/** The bytes of a segment's file. */
export function fileOf({ chunks }: BuiltSegment): Uint8Array {
  return concatBytes(chunks)
}
