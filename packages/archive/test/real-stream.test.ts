import { fromBytes } from '@datastreamer/e2store'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { concatBytes, type OperationEvent, readEntries } from '@datastreamer/format'
import { batchBookmark, blockBookmark } from '@datastreamer/sequencer-entries'
import { expect, test } from 'vitest'
import { Archive, type BuiltSegment, buildSegments, openSegment, streamStart, verifySegment } from '../src/index.ts'
import { nodeCodecs, nodeSha256, nodeZstdEncoder } from '../src/node.ts'

test.runIf(hasVectors('real-stream'))('the recorded stream of a network in segments of layout 2', async () => {
  const file = readEntries(readVector('real-stream', 'data-stream.bin.gz'))
  const { totalEntries, totalLength, ...identity } = await file.header
  // Another program wrote it: where its operations end is not known.
  const events = async function* (): AsyncGenerator<OperationEvent, void, void> {
    yield { kind: 'operationBoundary', nextEntry: 0n, gap: true }
    for await (const entry of file) yield { kind: 'entries', entries: [entry] }
  }
  const tools = { sha256: nodeSha256, zstd: nodeZstdEncoder, start: streamStart(identity, nodeSha256) }
  const segments: BuiltSegment[] = []
  const options = {
    identity,
    encoding: 'protobuf',
    segmentBytes: 2_000_000,
    periodSeconds: 86_400,
    rest: true,
  } as const
  for await (const segment of buildSegments(events(), { ...options, ...tools })) segments.push(segment)
  // Two by size, one where a day of block time ends, and the rest.
  expect(segments.length).toBe(4)
  const ends = segments.map(({ index }) => index.end.number)
  expect(segments.map(({ header }) => header.start.number)).toEqual([0n, ...ends.slice(0, -1)])
  expect(segments.at(-1)?.index.end).toMatchObject({ number: totalEntries, position: totalLength })
  expect(segments.reduce((sum, { index }) => sum + index.blocks.count, 0)).toBe(11_318)
  expect(segments.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(totalLength / 3)
  const files = segments.map(({ chunks }, i) => ({ name: `${i}`, bytes: concatBytes(chunks) }))
  for (const { bytes } of files) await verifySegment(await openSegment(fromBytes(bytes), nodeCodecs))
  const sources = files.map(({ name, bytes }) => ({ name, open: () => fromBytes(bytes) }))
  const archive = await Archive.open(sources, { codecs: nodeCodecs })
  expect(await archive.block(11_317n)).toMatchObject({ number: 11_317n, batchNumber: 101n })
  for (const bookmark of [blockBookmark(5000n), batchBookmark(50n)]) {
    for await (const entry of archive.entries({ from: { bookmark }, to: { bookmark } })) {
      expect(Buffer.compare(entry.data, bookmark)).toBe(0)
    }
  }
})
