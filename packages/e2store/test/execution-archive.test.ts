import { describe, expect, test } from 'vitest'
import { LimitError, NotInFileError } from '../src/errors.ts'
import type { Columns } from '../src/execution/archive/block.ts'
import { decodeHeader, encodeHeader } from '../src/execution/blocks/header.ts'
import { openE2hs } from '../src/execution/e2hs/open.ts'
import { writeEra1 } from '../src/execution/era1/write.ts'
import { openEre } from '../src/execution/ere/open.ts'
import { encodeBlockIndex } from '../src/index-records/block-index.ts'
import { encodeDynamicBlockIndex } from '../src/index-records/dynamic-block-index.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { fromBytes } from '../src/io/byte-source.ts'
import { concatBytes, fromHex, toHex } from '../src/io/bytes.ts'
import { paged } from '../src/io/paged.ts'
import { encodeRecord } from '../src/records/record.ts'
import { collect, golden, goldenBytes, openAny, slowSource } from './support/execution.ts'

const genesis = decodeHeader(fromHex(golden.blocks[0]?.headerRlp ?? ''))

/** An `.era1` of many blocks, one of them larger than what is read at once. */
async function longEra1(count: number): Promise<Uint8Array> {
  const sink = toBytes()
  const extraData = new Uint8Array(400_000).map((_, i) => (i * 2_654_435_761) >>> 13)
  const rows = Array.from({ length: count }, (_, i) => ({
    header: encodeHeader({ ...genesis, number: 8192n + BigInt(i), ...(i === 7 && { extraData }) }),
    ...{ body: fromHex('c2c0c0'), receipts: fromHex('c0'), totalDifficulty: new Uint8Array(32) },
  }))
  await writeEra1(sink, { start: 8192n, read: () => rows })
  return sink.bytes()
}

describe('BlockArchive', () => {
  test('reads a block without reading the rest', async () => {
    const bytes = await longEra1(1500)
    const source = slowSource(bytes)
    const archive = await openAny('era1', source, { pageBytes: 16_384 })
    const indexBytes = bytes.length - archive.layout.indexPosition
    expect(source.bytesRead - indexBytes).toBeLessThan(200)
    source.bytesRead = 0
    source.reads = 0
    expect(await archive.block(9_192n)).toMatchObject({ number: 9_192n, header: { number: 9_192n } })
    expect(source.reads).toBeLessThanOrEqual(2)
    expect(source.bytesRead).toBeLessThanOrEqual(32_768)
    const reads = source.reads
    await archive.block(9_193n)
    expect(source.reads).toBeLessThanOrEqual(reads + 1)
  })

  test('iterates over blocks in few reads, however large one is', async () => {
    const bytes = await longEra1(1500)
    const source = slowSource(bytes)
    const archive = await openAny('era1', source)
    source.reads = 0
    const blocks = await collect(archive.iterate())
    expect(blocks.map(({ number }) => number)).toEqual(Array.from({ length: 1500 }, (_, i) => 8192n + BigInt(i)))
    expect(blocks[7]?.header.extraData).toHaveLength(400_000)
    expect(source.reads).toBeLessThan(bytes.length / 100_000 + 10)
  })

  test('ranges and columns', async () => {
    const archive = await openAny('era1', fromBytes(await longEra1(5)))
    const numbers = async (range: object): Promise<number[]> =>
      (await collect(archive.iteratePayloads(range))).map(({ number }) => Number(number - 8192n))
    expect(await numbers({ from: 8194n })).toEqual([2, 3, 4])
    expect(await numbers({ to: 8194n })).toEqual([0, 1])
    expect(await numbers({ from: 8193n, to: 8197n })).toEqual([1, 2, 3, 4])
    expect(await numbers({ from: 8194n, to: 8194n })).toEqual([])
    const present = (payloads: Columns<Uint8Array> = {}): string[] =>
      (['header', 'body', 'receipts', 'totalDifficulty', 'proof'] as const).filter((column) => payloads[column])
    const [onlyBody] = await collect(archive.iteratePayloads({ columns: ['body'] }))
    expect(present(onlyBody)).toEqual(['header', 'body'])
    const ere = await openAny('ere', fromBytes(goldenBytes('ere')))
    expect(present(await ere.payloads(1n, ['proof']))).toEqual(['header', 'proof'])
  })

  test.each([-1n, 2n, 2n ** 64n])('has no block %s', async (number) => {
    const archive = await openAny('ere', fromBytes(goldenBytes('ere')))
    await expect(archive.block(number)).rejects.toBeInstanceOf(NotInFileError)
    await expect(collect(archive.iterate({ from: number }))).rejects.toBeInstanceOf(NotInFileError)
  })

  test('raw blocks are the records of the file', async () => {
    const bytes = goldenBytes('era1')
    const archive = await openAny('era1', slowSource(bytes))
    for await (const { header, body, receipts, totalDifficulty } of archive.iterateRaw()) {
      for (const record of [header, body, receipts, totalDifficulty]) {
        if (record === undefined) throw new Error('a column is missing')
        expect(toHex(record.data)).toBe(toHex(bytes.subarray(record.position + 8, record.end)))
      }
    }
  })

  test('records and contents over a limit are rejected', async () => {
    const bytes = goldenBytes('era1')
    for (const options of [{ maxRecordBytes: 100 }, { maxPayloadBytes: 100 }]) {
      const archive = await openAny('era1', slowSource(bytes), options)
      await expect(archive.block(0n)).rejects.toBeInstanceOf(LimitError)
    }
  })

  test('blocks that were read stay as they were, and do not share memory with later ones', async () => {
    const archive = await openAny('era1', slowSource(await longEra1(50)))
    const rlps: string[] = []
    const kept: Uint8Array[] = []
    for await (const { headerRlp } of archive.iterate()) {
      rlps.push(toHex(headerRlp))
      kept.push(headerRlp)
    }
    expect(kept.map(toHex)).toEqual(rlps)
    kept[0]?.fill(0)
    expect(kept.slice(1).map(toHex)).toEqual(rlps.slice(1))
  })
})

describe('opening', () => {
  const ere = goldenBytes('ere')

  test('an .e2hs has 8192 blocks', async () => {
    await expect(openE2hs(fromBytes(goldenBytes('e2hs')))).rejects.toMatchObject({ code: 'BAD_COUNT', step: 'open' })
  })

  test('an .era1 has an accumulator', async () => {
    const archive = await openAny('era1', fromBytes(goldenBytes('era1')))
    const end = archive.layout.accumulator?.position ?? 0
    const targets = [0, 1].map((i) => archive.layout.target(i, 0))
    const index = encodeBlockIndex({ position: end, start: 0n, targets, base: 'record' })
    const bytes = concatBytes([goldenBytes('era1').subarray(0, end), index])
    await expect(openAny('era1', fromBytes(bytes))).rejects.toMatchObject({ code: 'UNEXPECTED_TYPE', step: 'open' })
  })

  test('block numbers stay below 2^64', async () => {
    const archive = await openAny('era1', fromBytes(goldenBytes('era1')))
    const position = archive.layout.indexPosition
    const index = encodeBlockIndex({ position, start: 2n ** 64n - 1n, targets: [8, 8], base: 'record' })
    const bytes = concatBytes([goldenBytes('era1').subarray(0, position), index])
    await expect(openAny('era1', fromBytes(bytes))).rejects.toMatchObject({ code: 'BAD_INDEX', position })
  })

  test.each<[string, readonly number[]]>([
    ['a column twice', [0, 1, 1]],
    ['no bodies', [0, 2]],
    ['no headers', [3, 1]],
    ['headers alone', [0]],
  ])('an index with %s is rejected', async (_, order) => {
    const { layout } = await openEre(fromBytes(ere))
    const position = layout.indexPosition
    const targets = [0, 1].map((i) => order.map((column) => layout.target(i, column)))
    const index = encodeDynamicBlockIndex({ position, start: 0n, targets, components: order.length })
    const bytes = concatBytes([ere.subarray(0, position), index])
    await expect(openEre(fromBytes(bytes))).rejects.toMatchObject({ code: 'BAD_INDEX', step: 'open' })
  })

  test('a total difficulty of another length is rejected', async () => {
    const { layout } = await openEre(fromBytes(ere))
    const extra = encodeRecord(0x0600, new Uint8Array(31))
    const head = concatBytes([ere.subarray(0, layout.indexPosition), extra])
    const targets = [0, 1].map((i) => [layout.target(i, 0), layout.target(i, 1), layout.indexPosition])
    const index = encodeDynamicBlockIndex({ position: head.length, start: 0n, targets, components: 3 })
    const archive = await openEre(fromBytes(concatBytes([head, index])))
    await expect(archive.block(0n)).rejects.toMatchObject({ code: 'BAD_LENGTH', position: layout.indexPosition })
  })
})

test('pages: bytes are those of the source, whatever is read in which order, and only so many are kept', async () => {
  const bytes = new Uint8Array(1000).map((_, i) => i * 7)
  const source = slowSource(bytes)
  const pages = paged(source, 64, 3)
  for (let i = 0; i < 400; i++) {
    const position = (i * 7919) % 990
    const length = Math.min(i % 150, 1000 - position)
    const expected = toHex(bytes.subarray(position, position + length))
    expect(toHex(await pages.read(position, length))).toBe(expected)
  }
  await pages.read(0, 10)
  const { reads } = source
  expect(pages.read(20, 30)).toEqual(bytes.slice(20, 50))
  expect(source.reads).toBe(reads)
  for (const position of [100, 200, 300]) await pages.read(position, 1)
  await pages.read(20, 30)
  expect(source.reads).toBe(reads + 4)
  expect(paged(fromBytes(bytes), 64, 3).read(0, 1000)).toEqual(bytes)
})
