import { createHash } from 'node:crypto'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import type { BlockArchive } from '../src/execution/archive/archive.ts'
import { executionArchiveNameOf } from '../src/execution/archive/archive-name.ts'
import { decodeBlock } from '../src/execution/archive/block.ts'
import { writeE2hs } from '../src/execution/e2hs/write.ts'
import { writeEra1 } from '../src/execution/era1/write.ts'
import { writeEre } from '../src/execution/ere/write.ts'
import { verifyArchive } from '../src/execution/verify/verify.ts'
import { blockSourceOf } from '../src/execution/write/block-source.ts'
import { era1ToE2hs, era1ToEre, ereToEra1 } from '../src/execution/write/convert.ts'
import { defaultHashes } from '../src/hash/hashes.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { type ByteSource, fromBytes } from '../src/io/byte-source.ts'
import { fromHex, toHex } from '../src/io/bytes.ts'
import { takeCensus } from '../src/records/census.ts'
import { openAny } from './support/execution.ts'

const recorded = hasVectors('e2store')
const { keccak256 } = defaultHashes()
const open = (...path: string[]): Promise<BlockArchive> => {
  const name = path.at(-1)?.replace(/\.gz$/, '') ?? ''
  return openAny(name, fromBytes(recording(...path)))
}

/** Recordings are unpacked once, and not changed. */
const unpacked = new Map<string, Uint8Array>()
function recording(...path: readonly string[]): Uint8Array {
  const key = path.join('/')
  const bytes = unpacked.get(key) ?? readVector('e2store', ...path)
  unpacked.set(key, bytes)
  return bytes
}

async function rewrite(archive: BlockArchive): Promise<Uint8Array> {
  const sink = toBytes()
  const source = blockSourceOf(archive)
  if (archive.kind === 'era1') await writeEra1(sink, source)
  else if (archive.kind === 'e2hs') {
    const relative = archive.layout.entryPosition(0, 0) > 0 && (await firstOffset(archive)) > 2 ** 52
    await writeE2hs(sink, source, { indexBase: relative ? 'record' : 'file' })
  } else {
    const columns = archive.columns.filter((column) => column !== 'header' && column !== 'body')
    await writeEre(sink, source, { columns })
  }
  return sink.bytes()
}

/** The first stored offset, read as unsigned. */
async function firstOffset({ source, layout }: BlockArchive): Promise<number> {
  const bytes = await source.read(layout.entryPosition(0, 0), 8)
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
}

interface Facts {
  readonly recordsPerType: Readonly<Record<string, { readonly count: number; readonly payloadBytes: number }>>
  readonly blockIndex: { readonly recordStart: number; readonly startingNumber: number; readonly count: number }
  readonly accumulator: { readonly root: string }
  readonly totalDifficulty: { readonly first: string; readonly last: string }
  readonly blockHash: Readonly<Record<string, string>>
  readonly txs: number
  readonly receipts: number
  readonly uncles: number
  readonly uncompressedBytes: { readonly header: number; readonly body: number; readonly receipts: number }
  readonly allHashesSha256: string
}

describe.skipIf(!recorded)('recorded .era1 files', () => {
  test.each([
    ['mainnet-00000-5ec1ffb8', 'era1-mainnet-00000'],
    ['mainnet-00001-a5364e9a', 'era1-mainnet-00001'],
    ['sepolia-00000-643a00f7', 'era1-sepolia-00000'],
    ['sepolia-00021-b8814b14', 'era1-sepolia-00021'],
  ])('%s is what its facts say, verifies, and is written again byte for byte', async (name, factsName) => {
    const facts = JSON.parse(Buffer.from(readVector('e2store', `${factsName}.json`)).toString()) as Facts
    const bytes = recording('real', `${name}.era1.gz`)
    const archive = await openAny(`${name}.era1`, fromBytes(bytes))
    const { blockIndex } = facts
    expect([Number(archive.start), archive.count]).toEqual([blockIndex.startingNumber, blockIndex.count])
    expect(archive.layout.indexPosition).toBe(blockIndex.recordStart)
    const types = (await takeCensus(archive.source)).types()
    const found = types.map(({ hex, records, bytes: payloadBytes }) => [`0x${hex}`, { count: records, payloadBytes }])
    expect(facts.recordsPerType).toMatchObject(Object.fromEntries(found))
    const counts = { transactions: 0, receipts: 0, uncles: 0, header: 0, body: 0, receiptBytes: 0 }
    const hashes = createHash('sha256')
    for await (const payloads of archive.iteratePayloads()) {
      const { number, headerRlp, body, receipts = [] } = decodeBlock('era1', payloads)
      const hash = keccak256(headerRlp)
      hashes.update(hash)
      counts.transactions += body.transactions.length
      counts.receipts += receipts.length
      counts.uncles += body.uncles.length
      counts.header += payloads.header?.length ?? 0
      counts.body += payloads.body?.length ?? 0
      counts.receiptBytes += payloads.receipts?.length ?? 0
      const known = facts.blockHash[String(number)]
      if (known !== undefined) expect(`0x${toHex(hash)}`).toBe(known)
    }
    const { header, body, receipts: receiptBytes } = facts.uncompressedBytes
    const { txs: transactions, receipts, uncles } = facts
    expect(counts).toEqual({ transactions, receipts, uncles, header, body, receiptBytes })
    expect(hashes.digest('hex')).toBe(facts.allHashesSha256)
    const first = await archive.block(archive.start)
    expect(String(first.totalDifficulty)).toBe(facts.totalDifficulty.first)
    const trustedAccumulator = fromHex(facts.accumulator.root.slice(2))
    const report = await verifyArchive(archive, { trustedAccumulator, name: `${name}.era1` })
    expect(report).toMatchObject({ trusted: true, transactions, receipts, deviations: [], unknown: [] })
    expect(String(report.totalDifficulty)).toBe(facts.totalDifficulty.last)
    expect(Buffer.compare(await rewrite(archive), bytes)).toBe(0)
  })

  test('the parts of a chain fit together', async () => {
    const first = await verifyArchive(await open('real', 'mainnet-00000-5ec1ffb8.era1.gz'))
    const second = await open('real', 'mainnet-00001-a5364e9a.era1.gz')
    const previousTotalDifficulty = first.totalDifficulty ?? 0n
    await verifyArchive(second, { previousHash: first.lastHash, previousTotalDifficulty })
    const wrongParent = verifyArchive(second, { previousHash: new Uint8Array(32) })
    await expect(wrongParent).rejects.toMatchObject({ code: 'WRONG_PARENT', position: 8 })
    const wrongTotal = verifyArchive(second, { previousTotalDifficulty: previousTotalDifficulty + 1n })
    await expect(wrongTotal).rejects.toMatchObject({ code: 'WRONG_DIFFICULTY' })
  })
})

interface IndexFacts {
  readonly recordStart: number
  readonly components: number
  readonly count: number
  readonly startingNumber: number
  readonly accumulator: string
  readonly firstAbsolute: readonly number[]
  readonly lastAbsolute: readonly number[]
}

interface ExecFacts {
  readonly sets: readonly {
    readonly files: readonly { readonly name: string; readonly sha256: string; readonly index?: IndexFacts }[]
  }[]
}

const FILES = [
  ['big', 'mainnet-00000-a6860fef.e2hs.gz'],
  ['big', 'mainnet-00000-a6860fef.relative-index.e2hs.gz'],
  ['big', 'mainnet-00000-a6860fef.ere.gz'],
  ['big', 'sepolia-00021-af105ff1.ere.gz'],
  ['big', 'sepolia-00021-af105ff1-noproofs-noreceipts.ere.gz'],
  ['mainnet-00000-2d33dc73-noproofs.ere.gz'],
  ['mainnet-00000-90cd71a4.era1.gz'],
] as const

describe.skipIf(!recorded)('recorded .ere, .e2hs and small files', () => {
  const facts = recorded
    ? (JSON.parse(Buffer.from(readVector('e2store', 'exec-files.json')).toString()) as ExecFacts)
    : { sets: [] }
  const known = new Map(facts.sets.flatMap(({ files }) => files).map((file) => [file.name, file]))

  test.each(FILES.map((path) => [path.at(-1), path] as const))('%s', async (packed, path) => {
    const bytes = recording(...path)
    const name = packed?.replace(/\.gz$/, '') ?? ''
    const archive = await openAny(name, fromBytes(bytes))
    const file = known.get(name)
    if (file) expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256)
    if (file?.index) checkIndex(archive, file.index)
    const standardName = name.replace('.relative-index', '')
    expect(await executionArchiveNameOf(archive, name.split('-')[0] ?? '')).toBe(standardName)
    const report = await verifyArchive(archive, { name: standardName })
    expect(report).toMatchObject({ count: archive.count, preMergeBlocks: archive.count, deviations: [] })
    if (file?.index) expect(toHex(report.accumulator ?? new Uint8Array(0))).toBe(file.index.accumulator)
    expect(Buffer.compare(await rewrite(archive), bytes)).toBe(0)
  })

  function checkIndex({ layout }: BlockArchive, index: IndexFacts): void {
    expect(layout.indexPosition).toBe(index.recordStart)
    expect([layout.columns.length, layout.count, Number(layout.start)]).toEqual([
      ...[index.components, index.count, index.startingNumber],
    ])
    expect(layout.columns.map((_, column) => layout.target(0, column))).toEqual(index.firstAbsolute)
    expect(layout.columns.map((_, column) => layout.target(layout.count - 1, column))).toEqual(index.lastAbsolute)
  }

  test('the other formats are written from an .era1, byte for byte', async () => {
    const era1 = blockSourceOf(await open('real', 'mainnet-00000-5ec1ffb8.era1.gz'))
    const [e2hs, ere] = [toBytes(), toBytes()]
    await writeE2hs(e2hs, era1ToE2hs(era1))
    await writeEre(ere, era1ToEre(era1))
    const expected = ['mainnet-00000-a6860fef.e2hs', 'mainnet-00000-a6860fef.ere']
    for (const [i, sink] of [e2hs, ere].entries()) {
      expect(Buffer.compare(sink.bytes(), recording('big', `${expected[i]}.gz`))).toBe(0)
    }
    const back = toBytes()
    await writeEra1(back, ereToEra1(blockSourceOf(await open('big', 'sepolia-00021-af105ff1.ere.gz'))))
    expect(Buffer.compare(back.bytes(), recording('real', 'sepolia-00021-b8814b14.era1.gz'))).toBe(0)
  })

  test('a file with a made-up header is read, and does not pass as verified', async () => {
    const archive = await open('real', 'sepolia-00000-deadbeef-noreceipts.ere')
    expect(archive.columns).toEqual(['header', 'body', 'totalDifficulty'])
    expect(archive.columns.map((_, column) => archive.layout.target(0, column))).toEqual([8, 97, 126])
    expect(await archive.block(0n)).toMatchObject({ number: 0n, body: { transactions: [], uncles: [] } })
    await expect(verifyArchive(archive)).rejects.toMatchObject({ code: 'WRONG_ROOT', position: 97 })
  })
})

interface Expectation {
  readonly name: string
  readonly mustFailAt: 'open' | 'walk' | 'read' | 'verify'
}

describe.skipIf(!recorded)('malformed files', () => {
  const all = recorded
    ? (JSON.parse(Buffer.from(readVector('e2store', 'malformed', 'expect.json')).toString()) as Expectation[])
    : []
  const archives = all.filter(({ name }) => /\.(era1|ere)$/.test(name))

  /** Open, walk, read and verify a file; the first error. */
  async function firstError(name: string, source: ByteSource): Promise<unknown> {
    try {
      const archive = await openAny(name, source)
      await takeCensus(source)
      for (let i = 0; i < archive.count; i++) await archive.block(archive.start + BigInt(i))
      await verifyArchive(archive)
      return undefined
    } catch (error) {
      return error
    }
  }

  test('there are as many as expected', () => {
    expect(archives).toHaveLength(recorded ? 18 : 0)
  })

  test.each(archives.map(({ name, mustFailAt }) => [name, mustFailAt] as const))(
    '%s fails at %s',
    async (name, step) => {
      const bytes = readVector('e2store', 'malformed', name)
      const error = await firstError(name, fromBytes(bytes))
      expect(error).toMatchObject({ step, code: expect.any(String), position: expect.any(Number) })
      expect((error as { position: number }).position).toBeLessThanOrEqual(bytes.length)
    },
  )
})
