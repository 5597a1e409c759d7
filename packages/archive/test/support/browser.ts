import { fromBytes } from '@datastreamer/e2store'
import { decodeEntries } from '@datastreamer/format'
import { openSegment, portableSha256, readBlock, verifySegment } from '../../src/index.ts'
import vector from '../../vectors/segment-2.json' with { type: 'json' }

export { archiveOf, blocks, openMemory } from './streams.ts'

/** What is read of the golden segment of layout 2. */
export async function readLayout2(): Promise<unknown> {
  const hex = vector.file.join('').match(/../g) ?? []
  const segment = await openSegment(fromBytes(Uint8Array.from(hex, (byte) => Number.parseInt(byte, 16))))
  let entries = 0
  for await (const { bytes } of segment.runs('read')) entries += decodeEntries(bytes).length
  const large = await portableSha256.large(new Uint8Array(100_000))
  return {
    entries,
    verified: Number((await verifySegment(segment)).entries),
    forkId: Number((await readBlock(segment, 43n))?.forkId),
    hash: [...large.subarray(0, 4)],
  }
}
