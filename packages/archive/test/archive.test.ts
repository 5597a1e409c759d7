import type { EntriesOptions, Entry } from '@datastreamer/format'
import { assembleBlocks, blockBookmark, type FullL2Block } from '@datastreamer/sequencer-entries'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Archive } from '../src/index.ts'
import { archiveOf, blocks, damaged, type MemorySegment, openMemory } from './support/streams.ts'

async function collect(archive: Archive, options?: EntriesOptions): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of archive.entries(options)) entries.push(entry)
  return entries
}

describe('an archive is an entry source', () => {
  const stream = blocks(100)
  const { all } = stream
  const head = all.length
  let segments: MemorySegment[] = []
  let archive: Archive

  beforeAll(async () => {
    segments = await archiveOf(stream)
    archive = await openMemory(segments.toReversed())
  })

  test('of several segments, with the header of the whole stream', () => {
    expect(segments.length).toBeGreaterThan(3)
    expect(archive.getHeader()).toEqual({ ...stream.getHeader() })
  })

  test('gives every entry, in order', async () => {
    expect(await collect(archive)).toEqual(all)
    expect(await collect(archive, { from: 0, follow: false })).toEqual(all)
  })

  test('from and to may be any entries, the head, a bookmark', async () => {
    const starts = archive.segments.map(({ header }) => Number(header.start.number))
    for (const from of [0, 1, head - 1, head, ...starts]) {
      expect(await collect(archive, { from })).toEqual(all.slice(from))
      for (const to of [from, from + 1, from + 77, ...starts].filter((n) => n < head)) {
        expect(await collect(archive, { from, to: BigInt(to) })).toEqual(all.slice(from, Math.max(from, to + 1)))
      }
    }
    expect(await collect(archive, { from: 'latest' })).toEqual([])
    const bookmark = (block: bigint): Uint8Array => blockBookmark(block, 'protobuf')
    const at = (block: bigint): number =>
      all.findIndex(({ type, data }) => type === 0xb0 && Buffer.compare(data, bookmark(block)) === 0)
    const range = await collect(archive, { from: { bookmark: bookmark(7n) }, to: { bookmark: bookmark(80n) } })
    expect(range).toEqual(all.slice(at(7n), at(80n) + 1))
  })

  test('gives those of some types', async () => {
    const of = (...types: number[]): Entry[] => all.filter(({ type }) => types.includes(type))
    expect(await collect(archive, { types: [0xb0, 3] })).toEqual(of(0xb0, 3))
    expect(await collect(archive, { types: [2], from: 50, to: 99 })).toEqual(
      of(2).filter(({ number }) => number >= 50 && number <= 99),
    )
    expect(await collect(archive, { types: [77] })).toEqual([])
    await expect(collect(archive, { types: [] })).rejects.toThrow(RangeError)
  })

  test.each<[EntriesOptions, string]>([
    [{ from: head + 1 }, 'FROM_NOT_FOUND'],
    [{ to: head }, 'TO_NOT_FOUND'],
    [{ from: { bookmark: Uint8Array.of(9) } }, 'FROM_NOT_FOUND'],
    [{ to: { bookmark: Uint8Array.of(9) } }, 'TO_NOT_FOUND'],
    [{ from: 99, to: { bookmark: blockBookmark(1n, 'protobuf') } }, 'TO_NOT_FOUND'],
  ])('what it does not have is an error: %o', async (options, code) => {
    await expect(collect(archive, options)).rejects.toMatchObject({ name: 'NotFoundError', code })
  })

  test('that begins later has nothing from 0 on', async () => {
    const rest = await openMemory(segments.slice(1))
    await expect(collect(rest)).rejects.toMatchObject({ code: 'FROM_NOT_FOUND' })
    expect(await collect(rest, { from: rest.firstEntry })).toEqual(all.slice(Number(rest.firstEntry)))
  })

  test('finds each block, and reads only the segment that has it', async () => {
    const opened: string[] = []
    const watched = await openMemory(segments, {
      opened: ({ name }) => {
        opened.push(name)
        return undefined
      },
    })
    const expected: FullL2Block[] = []
    for await (const block of assembleBlocks(all, { generation: 'protobuf' })) expected.push(block)
    for (const block of expected) {
      opened.length = 0
      expect(await watched.block(block.number)).toEqual(block)
      expect(opened).toHaveLength(1)
    }
    expect(await watched.block(100n)).toBeUndefined()
  })

  test('is verified as it is read, also after the last entry that is asked for', async () => {
    const last = segments.at(-1)
    const bytes = last?.bytes ?? new Uint8Array(0)
    const broken = await openMemory([...segments.slice(0, -1), { name: 'broken', bytes: damaged(bytes) }], {
      explain: (name, error) => new Error(`${name}: damaged`, { cause: error }),
    })
    const from = broken.segments.at(-1)?.header.start.number ?? 0n
    expect(await collect(broken, { to: from - 1n })).toEqual(all.slice(0, Number(from)))
    await expect(collect(broken, { from, to: from })).rejects.toThrow('broken: damaged')
  })

  test('a segment that was changed since it was opened is not read', async () => {
    const [other] = await archiveOf(blocks(100, 2n))
    let now: Uint8Array | undefined
    const changed = await openMemory(segments.slice(0, 1), { opened: () => now })
    now = other?.bytes
    await expect(collect(changed)).rejects.toMatchObject({ code: 'BROKEN_CHAIN' })
  })

  test('a signal ends the reading with its reason', async () => {
    const stop = new AbortController()
    const reading = (async () => {
      for await (const _ of archive.batches({ signal: stop.signal })) stop.abort(new Error('stopped'))
    })()
    await expect(reading).rejects.toThrow('stopped')
  })
})
