import { fromBytes } from '@datastreamer/e2store'
import { decodeEntries, type Entry } from '@datastreamer/format'
import { batchBookmark, blockBookmark } from '@datastreamer/sequencer-entries'
import { beforeAll, describe, expect, test } from 'vitest'
import { Archive, openSegment, readBlock, type Segment, verifySegment } from '../src/index.ts'
import { nodeCodecs } from '../src/node.ts'
import vector from '../vectors/segment-2.json' with { type: 'json' }
import { fileOf, numbered, segmentOf } from './support/layout-2.ts'
import { sequencerStream } from './support/sequencer-stream.ts'
import { damaged } from './support/streams.ts'

/** What a damaged segment may end in: an error with a code, nothing else. */
const TYPED = expect.objectContaining({ code: expect.stringMatching(/^[A-Z_]+$/) })

describe('a damaged segment of layout 2', () => {
  const operations = numbered(sequencerStream('protobuf', { blocks: 8, transaction: () => 20 }))
  const entries = operations.flat()
  let file: Uint8Array = new Uint8Array(0)

  beforeAll(async () => {
    file = fileOf(await segmentOf(operations, 'protobuf'))
  })

  const open = (bytes: Uint8Array): Promise<Segment> => openSegment(fromBytes(bytes), nodeCodecs)
  const openArchive = (bytes: Uint8Array): Promise<Archive> =>
    Archive.open([{ name: 'damaged', open: () => fromBytes(bytes) }], { codecs: nodeCodecs })

  /** Ways to read a segment, each of which compares what it finds with what there is. */
  const WAYS: Readonly<Record<string, (bytes: Uint8Array) => Promise<void>>> = {
    records: async (bytes) => {
      for await (const run of (await open(bytes)).runs('read')) expectThere(decodeEntries(run.bytes))
    },
    blocks: async (bytes) => {
      const segment = await open(bytes)
      const block = await readBlock(segment, 5n)
      if (block !== undefined && (block.number !== 5n || block.batchNumber !== 2n)) throw new Error('another block')
    },
    bookmarks: async (bytes) => {
      const archive = await openArchive(bytes)
      for (const bookmark of [batchBookmark(2n), blockBookmark(5n)]) {
        for await (const batch of archive.batches({ from: { bookmark } })) expectThere(batch)
      }
    },
  }

  function expectThere(found: readonly Entry[]): void {
    for (const { number, type, data } of found) {
      const expected = entries[Number(number)]
      if (expected?.type !== type || Buffer.compare(expected.data, data) !== 0)
        throw new Error(`another entry ${number}`)
    }
  }

  test('is read in every way undamaged', async () => {
    for (const read of Object.values(WAYS)) await read(file)
  })

  test.each(Object.entries(WAYS))('whichever byte is changed, gives what it held or an error: %s', async (_, read) => {
    for (let at = 0; at < file.length; at++) {
      await read(damaged(file, at)).catch((error: unknown) => {
        // Bookmarks and blocks that are not found were not found by the index.
        expect(error, `byte ${at}`).toEqual(TYPED)
      })
    }
  })

  test('is found out by verifying, whichever byte is changed', async () => {
    for (let at = 0; at < file.length; at++) {
      await expect(async () => verifySegment(await open(damaged(file, at))), `byte ${at}`).rejects.toEqual(TYPED)
    }
  })

  test('is found out, wherever it ends, and with bytes after it', async () => {
    for (let length = 0; length < file.length; length += length < 400 || length > file.length - 400 ? 1 : 61) {
      await expect(async () => verifySegment(await open(file.subarray(0, length))), `${length} bytes`).rejects.toEqual(
        TYPED,
      )
    }
    await expect(async () => verifySegment(await open(Uint8Array.of(...file, 0)))).rejects.toEqual(TYPED)
    await expect(async () => verifySegment(await open(Uint8Array.of(...file, ...file)))).rejects.toEqual(TYPED)
  })

  test('of several records is found out, whichever byte is changed', async () => {
    const whole = Uint8Array.from(Buffer.from(vector.file.join(''), 'hex'))
    for (let at = 0; at < whole.length; at += 17) {
      await expect(async () => verifySegment(await open(damaged(whole, at))), `byte ${at}`).rejects.toEqual(TYPED)
    }
  })
})
