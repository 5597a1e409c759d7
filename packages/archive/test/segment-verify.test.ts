import { fromBytes } from '@datastreamer/e2store'
import type { OperationEvent } from '@datastreamer/format'
import { generateStream } from '@datastreamer/sequencer-entries'
import { expect, test } from 'vitest'
import { buildSegments, openSegment, portableSha256, readBlock, verifySegment } from '../src/index.ts'
import { nodeCodecs, nodeZstdEncoder } from '../src/node.ts'
import { DigestChain } from '../src/segment/digest-chain.ts'
import { fileOf, IDENTITY, numbered } from './support/layout-2.ts'

test('a', async () => {
  const operations = numbered(generateStream({ blocks: 3000n }))
  const events: OperationEvent[] = operations.flatMap((entries) => [
    { kind: 'entries', entries },
    { kind: 'operationBoundary', nextEntry: 0n, gap: false },
  ])
  const start = DigestChain.atStart(IDENTITY, portableSha256).point()
  const given = {
    identity: IDENTITY,
    encoding: 'protobuf' as const,
    start,
    sha256: nodeCodecs.sha256,
    zstd: nodeZstdEncoder,
  }
  let n = 0
  for await (const s of buildSegments(events, { ...given, segmentBytes: 300_000, rest: true })) {
    const seg = await openSegment(fromBytes(fileOf(s)), nodeCodecs)
    console.log(await verifySegment(seg), s.index.blocks, s.index.pages, s.index.records)
    for (let b = s.index.blocks.first; b < s.index.blocks.first + 5n; b++)
      expect((await readBlock(seg, b))?.number).toBe(b)
    n++
  }
  console.log(n)
})
