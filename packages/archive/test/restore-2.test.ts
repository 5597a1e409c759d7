import { readFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import type { OperationEvent } from '@datastreamer/format'
import { batchBookmark, blockBookmark } from '@datastreamer/sequencer-entries'
import { openStore, type StreamStore } from '@datastreamer/store'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Archive,
  type BuiltSegment,
  buildSegments,
  type Codecs,
  portableSha256,
  restoreArchive,
  streamStart,
} from '../src/index.ts'
import { nodeCodecs, nodeZstdEncoder } from '../src/node.ts'
import { fileOf, IDENTITY, numbered } from './support/layout-2.ts'
import { sequencerStream } from './support/sequencer-stream.ts'
import { archiveOf, damaged, type MemorySegment, openMemory } from './support/streams.ts'

const OPERATIONS = numbered(sequencerStream('protobuf', { blocks: 60, transaction: (n) => 200 * n }))
const ENTRIES = OPERATIONS.flat()
/** Numbers of the entries after which operations end. */
const ENDS = OPERATIONS.map((operation) => Number(operation.at(-1)?.number) + 1)

function* eventsOf(operations: readonly (readonly (typeof ENTRIES)[0][])[]): Generator<OperationEvent, void, void> {
  for (const entries of operations) {
    yield { kind: 'entries', entries }
    yield { kind: 'operationBoundary', nextEntry: (entries.at(-1)?.number ?? 0n) + 1n, gap: false }
  }
}

const GIVEN = {
  identity: IDENTITY,
  encoding: 'protobuf' as const,
  start: streamStart(IDENTITY, portableSha256),
  ...{ sha256: nodeCodecs.sha256, zstd: nodeZstdEncoder, rest: true },
}

async function segmentsOf(
  operations: readonly (readonly (typeof ENTRIES)[0][])[],
  segmentBytes: number,
): Promise<MemorySegment[]> {
  const segments: BuiltSegment[] = []
  for await (const segment of buildSegments(eventsOf(operations), { ...GIVEN, segmentBytes })) segments.push(segment)
  return segments.map((segment, i) => ({ name: `${i}`, bytes: fileOf(segment) }))
}

const openWith = (segments: readonly MemorySegment[], codecs: Codecs = nodeCodecs): Promise<Archive> =>
  openMemory(segments, { codecs })

describe('segments of layout 2', () => {
  let segments: MemorySegment[] = []

  beforeAll(async () => {
    segments = await segmentsOf(OPERATIONS, 60_000)
    expect(segments.length).toBeGreaterThan(4)
  })

  test('are an entry source', async () => {
    const archive = await openWith(segments)
    const found = []
    for await (const { type, number, data } of archive.entries()) found.push({ type, number, data: Buffer.from(data) })
    expect(found).toEqual(ENTRIES.map((entry) => ({ ...entry, data: Buffer.from(entry.data) })))
    for (const number of [1n, 31n, 60n]) {
      expect(await archive.block(number)).toMatchObject({ number, forkId: 5n + (number + 2n) / 3n })
    }
    expect(await archive.block(61n)).toBeUndefined()
    const first = async (bookmark: Uint8Array): Promise<bigint | undefined> => {
      for await (const entry of archive.entries({ from: { bookmark } })) return entry.number
      return undefined
    }
    const numberOf = (bookmark: Uint8Array): bigint | undefined =>
      ENTRIES.find(({ data }) => Buffer.compare(data, bookmark) === 0)?.number
    for (const bookmark of [blockBookmark(1n), blockBookmark(60n), batchBookmark(1n), batchBookmark(17n)]) {
      expect(await first(bookmark)).toBe(numberOf(bookmark))
    }
    await expect(first(blockBookmark(99n))).rejects.toMatchObject({ code: 'FROM_NOT_FOUND' })
  })

  test('are restored with the same bytes and operations', async () => {
    using dir = tempDir()
    const original = dir.join('original.bin')
    {
      await using store = await openStore({ file: original, fsync: 'never', ...IDENTITY })
      for (const operation of OPERATIONS) {
        await store.atomic((op) => {
          for (const { type, data } of operation) op.addEntry(type, data)
        })
      }
    }
    await using store = await restored(dir.join('restored.bin'), segments)
    expect(await boundariesOf(store)).toEqual(ENDS)
    const { totalLength } = store.getHeader()
    const used = (file: string): Buffer => readFileSync(file).subarray(0, totalLength)
    expect(Buffer.compare(used(dir.join('restored.bin')), used(original))).toBe(0)
  })

  test('are restored in steps, from inside one, and not twice', async () => {
    using dir = tempDir()
    await using store = await restored(dir.join('s.bin'), segments.slice(0, 2))
    const archive = await openWith(segments)
    const end = BigInt(ENDS[ENDS.indexOf(Number(store.getHeader().totalEntries)) - 2] ?? 0)
    await store.truncateFile(end)
    await restoreArchive(archive, store)
    expect(await boundariesOf(store)).toEqual(ENDS)
    const total = BigInt(ENTRIES.length)
    expect(await restoreArchive(archive, store)).toEqual({ before: total, after: total })
  })

  test('of which one is damaged are restored up to that one', async () => {
    using dir = tempDir()
    await using store = await openStore({ file: dir.join('s.bin'), fsync: 'never', ...IDENTITY })
    const broken = segments.map((segment, i) =>
      i === 2 ? { ...segment, bytes: damaged(segment.bytes, 2000) } : segment,
    )
    const archive = await openWith(broken)
    const reported: string[] = []
    const onSegment = ({ name }: { readonly name: string }): void => void reported.push(name)
    await expect(restoreArchive(archive, store, { onSegment })).rejects.toMatchObject({ step: 'verify' })
    expect(store.getHeader().totalEntries).toBe(archive.segments[1]?.end.number)
    expect(reported).toEqual(['0', '1'])
    await restoreArchive(await openWith(segments), store)
    expect(await boundariesOf(store)).toEqual(ENDS)
  })

  test('of which one ends inside an operation are restored with that operation whole', async () => {
    using dir = tempDir()
    const operations = [OPERATIONS.slice(0, 3).flat(), OPERATIONS.slice(3).flat()]
    const inside = await segmentsOf(operations, 60_000)
    expect(inside.length).toBeGreaterThan(4)
    const reported: string[] = []
    await using store = await restored(dir.join('s.bin'), inside, (name) => reported.push(name))
    expect(await boundariesOf(store)).toEqual([ENDS[2], ENDS.at(-1)])
    expect(reported).toEqual(inside.map(({ name }) => name))
    // What ends the archive is committed, too.
    await using begin = await restored(dir.join('begin.bin'), inside.slice(0, 2))
    expect((await boundariesOf(begin)).length).toBe(2)
  })

  test('follow some of layout 1, each of which is one operation', async () => {
    using dir = tempDir()
    const [first] = await segmentsOf(OPERATIONS, 60_000)
    if (first === undefined) throw new Error('no segment')
    const { end, header } = (await openWith([first])).segments[0]
    const all = ENTRIES.slice(0, Number(end.number))
    const stream = {
      getHeader: () => ({ ...header.identity, totalEntries: end.number, totalLength: end.position }),
      async *batches() {
        yield all
      },
    }
    const ofLayout1 = await archiveOf(stream, { perSegment: 9 })
    expect(ofLayout1.length).toBeGreaterThan(1)
    await using store = await restored(dir.join('s.bin'), [...segments.slice(1), ...ofLayout1])
    const boundaries = await boundariesOf(store)
    expect(boundaries.filter((number) => number <= Number(end.number)).length).toBe(ofLayout1.length)
    expect(boundaries.filter((number) => number > Number(end.number))).toEqual(
      ENDS.filter((number) => number > Number(end.number)),
    )
  })
})

async function restored(
  file: string,
  segments: readonly MemorySegment[],
  onSegment: (name: string) => void = () => {},
): Promise<StreamStore> {
  const store = await openStore({ file, fsync: 'never', ...IDENTITY })
  await restoreArchive(await openWith(segments), store, { onSegment: ({ name }) => onSegment(name) })
  return store
}

/** All operation boundaries that the commit log of a store has, in order. */
async function boundariesOf(store: StreamStore): Promise<number[]> {
  const found: number[] = []
  let number = Number(store.getHeader().totalEntries)
  while (number > 0) {
    const boundary = (await store.operationBoundaries.lastUpTo(number)) ?? 0
    if (boundary > 0) found.unshift(boundary)
    number = boundary - 1
  }
  return found
}
