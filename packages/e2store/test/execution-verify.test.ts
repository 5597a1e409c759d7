import { describe, expect, test } from 'vitest'
import { HeaderAccumulator } from '../src/accumulator/header-accumulator.ts'
import { uint256Bytes } from '../src/accumulator/merkle.ts'
import type { Columns } from '../src/execution/archive/block.ts'
import { encodeBody } from '../src/execution/blocks/body.ts'
import { type BlockHeader, decodeHeader, encodeHeader } from '../src/execution/blocks/header.ts'
import { decodeProof, encodeProof } from '../src/execution/blocks/proof.ts'
import { writeE2hs } from '../src/execution/e2hs/write.ts'
import { writeEra1 } from '../src/execution/era1/write.ts'
import { writeEre } from '../src/execution/ere/write.ts'
import { verifyArchive } from '../src/execution/verify/verify.ts'
import { type BlockSource, blockSourceOf } from '../src/execution/write/block-source.ts'
import { defaultHashes } from '../src/hash/hashes.ts'
import { encodeBlockIndex } from '../src/index-records/block-index.ts'
import { encodeDynamicBlockIndex } from '../src/index-records/dynamic-block-index.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { fromBytes } from '../src/io/byte-source.ts'
import { concatBytes, fromHex } from '../src/io/bytes.ts'
import { encodeRecord } from '../src/records/record.ts'
import { type GoldenFile, golden, goldenBytes, openAny, slowSource } from './support/execution.ts'

const hashes = defaultHashes()
const genesis = decodeHeader(fromHex(golden.blocks[0]?.headerRlp ?? ''))
const EMPTY_BODY = encodeBody({ transactions: [], uncles: [] })
const EMPTY_RECEIPTS = Uint8Array.of(0xc0)

/** A chain of empty blocks, with the difficulty that each is to have. */
function chain(
  difficulties: readonly bigint[],
  change: (header: BlockHeader) => BlockHeader = (h) => h,
  start = 0n,
): BlockSource {
  const rows: Columns<Uint8Array>[] = []
  let parentHash: Uint8Array = new Uint8Array(32)
  let total = 0n
  for (const [number, difficulty] of difficulties.entries()) {
    const header = encodeHeader(change({ ...genesis, parentHash, number: start + BigInt(number), difficulty }))
    parentHash = hashes.keccak256(header)
    total += difficulty
    rows.push({ header, body: EMPTY_BODY, receipts: EMPTY_RECEIPTS, totalDifficulty: uint256Bytes(total) })
  }
  return { start, read: () => rows }
}

/** An `.ere` without total difficulties that all the same has an accumulator. */
async function ereWithAccumulator(source: BlockSource, root: Uint8Array): Promise<Uint8Array> {
  const sink = toBytes()
  await writeEre(sink, source, { columns: ['receipts'] })
  const { layout } = await openAny('ere', fromBytes(sink.bytes()))
  const { indexPosition, columns, count, start } = layout
  const targets = Array.from({ length: count }, (_, i) => columns.map((_, column) => layout.target(i, column)))
  const record = encodeRecord(0x0700, root)
  const position = indexPosition + record.length
  const index = encodeDynamicBlockIndex({ position, start, targets, components: columns.length })
  return concatBytes([sink.bytes().subarray(0, indexPosition), record, index])
}

/** The rows of a golden file with one content changed. */
async function changed(name: GoldenFile, index: number, change: Columns<Uint8Array>): Promise<BlockSource> {
  const archive = await openAny(name, fromBytes(goldenBytes(name)))
  const source = blockSourceOf(archive)
  return {
    start: archive.start,
    read: async function* (columns) {
      let i = 0
      for await (const row of source.read(columns)) yield i++ === index ? { ...row, ...change } : row
    },
  }
}

async function verifyEre(source: BlockSource): Promise<unknown> {
  const sink = toBytes()
  await writeEre(sink, source, { columns: ['receipts', 'proof'] })
  return verifyArchive(await openAny('ere', fromBytes(sink.bytes())))
}

test('of several damages the first is reported, though blocks are checked in batches', async () => {
  const sink = toBytes()
  await writeEra1(sink, chain(Array.from({ length: 12 }, () => 5n)))
  const whole = sink.bytes()
  const archive = await openAny('era1', fromBytes(whole))
  const records = await Promise.all([2n, 3n, 4n].map((number) => archive.raw(number)))
  const [a, b, c] = records.map(({ header, body }) => ({ header: header.end, body: body?.end ?? 0 }))
  if (a === undefined || b === undefined || c === undefined) throw new Error('no such blocks')
  /** What verifying says once the last byte of each of these records is another. */
  const found = async (...ends: readonly number[]): Promise<unknown> => {
    const bytes = whole.slice()
    for (const end of ends) bytes[end - 1] = (bytes[end - 1] as number) ^ 1
    return verifyArchive(await openAny('era1', fromBytes(bytes))).catch((error) => [error.code, error.position])
  }
  const [first, second, third] = [await found(a.header), await found(b.body), await found(c.header)]
  expect(new Set([first, second, third].map((error) => JSON.stringify(error))).size).toBe(3)
  expect(await found(a.header, b.body, c.header)).toEqual(first)
  expect(await found(b.body, c.header)).toEqual(second)
  expect(await found(b.body, a.header)).toEqual(first)
})

test('a wrong parent is reported before damage after it', async () => {
  const broken = chain(Array.from({ length: 6 }, () => 5n))
  const rows = [...(broken.read([]) as Iterable<Columns<Uint8Array>>)]
  const header = decodeHeader(rows[3]?.header ?? new Uint8Array(0))
  rows[3] = { ...rows[3], header: encodeHeader({ ...header, parentHash: new Uint8Array(32) }) }
  const sink = toBytes()
  await writeEra1(sink, { start: 0n, read: () => rows })
  const bytes = sink.bytes()
  const { header: last } = await (await openAny('era1', fromBytes(bytes))).raw(4n)
  bytes[last.end - 1] = (bytes[last.end - 1] as number) ^ 1
  await expect(verifyArchive(await openAny('era1', fromBytes(bytes)))).rejects.toMatchObject({ code: 'WRONG_PARENT' })
})

describe('an accumulator that cannot be the one of the blocks', () => {
  const later = chain([0n, 0n, 0n], undefined, 8192n)
  const root = new Uint8Array(32).fill(7)

  test('is rejected in an .era1 that has only blocks after the merge', async () => {
    const sink = toBytes()
    const { accumulator: all = new Uint8Array(0) } = await writeEra1(sink, later)
    const bytes = sink.bytes()
    const report = await verifyArchive(await openAny('era1', fromBytes(bytes)))
    expect(report).toMatchObject({ preMergeBlocks: 0, accumulator: all, deviations: [{ code: 'POST_MERGE_BLOCKS' }] })
    const at = Buffer.from(bytes).indexOf(all)
    bytes.set(root, at)
    const wrong = verifyArchive(await openAny('era1', fromBytes(bytes)))
    await expect(wrong).rejects.toMatchObject({ code: 'WRONG_ROOT', step: 'verify', position: at - 8 })
  })

  test('is rejected in an .ere without blocks before the merge, whoever gives it', async () => {
    const archive = await openAny('ere', fromBytes(await ereWithAccumulator(later, root)))
    const position = archive.layout.accumulator?.position
    await expect(verifyArchive(archive)).rejects.toMatchObject({ code: 'WRONG_ROOT', position })
    const sink = toBytes()
    await writeEre(sink, later, { columns: ['receipts'] })
    const without = await openAny('ere', fromBytes(sink.bytes()))
    await expect(verifyArchive(without)).resolves.toMatchObject({ deviations: [] })
    await expect(verifyArchive(without, { trustedAccumulator: root })).rejects.toMatchObject({ code: 'WRONG_ROOT' })
  })

  test('is reported where total difficulties are missing, and compared with a trusted one', async () => {
    const source = chain([5n, 5n], undefined, 8192n)
    const archive = await openAny('ere', fromBytes(await ereWithAccumulator(source, root)))
    const report = await verifyArchive(archive)
    expect(report).toMatchObject({ trusted: false, deviations: [{ code: 'UNCHECKED_ACCUMULATOR' }] })
    expect(report).not.toHaveProperty('accumulator')
    const known = await verifyArchive(archive, { trustedAccumulator: root })
    expect(known).toMatchObject({ trusted: false, deviations: [{ code: 'UNCHECKED_ACCUMULATOR' }] })
    const other = verifyArchive(archive, { trustedAccumulator: new Uint8Array(32) })
    await expect(other).rejects.toMatchObject({ code: 'WRONG_ROOT', position: archive.layout.accumulator?.position })
    const complete = verifyArchive(archive, { previousTotalDifficulty: 3n })
    await expect(complete).rejects.toMatchObject({ code: 'WRONG_ROOT' })
  })
})

describe('an .era1 with blocks from after the merge', () => {
  const source = chain([5n, 6n, 7n, 0n, 0n])

  test('is reported, and passes with an accumulator over all its blocks', async () => {
    const sink = toBytes()
    await writeEra1(sink, source)
    const report = await verifyArchive(await openAny('era1', fromBytes(sink.bytes())))
    expect(report).toMatchObject({ count: 5, preMergeBlocks: 3, totalDifficulty: 18n })
    expect(report.deviations).toMatchObject([{ code: 'POST_MERGE_BLOCKS' }])
  })

  test('is reported, and passes with an accumulator over the blocks before the merge', async () => {
    const sink = toBytes()
    const { accumulator: all = new Uint8Array(0) } = await writeEra1(sink, source)
    const before = new HeaderAccumulator(hashes)
    let total = 0n
    for (const { header = new Uint8Array(0) } of [...(source.read([]) as Iterable<Columns<Uint8Array>>)].slice(0, 3)) {
      total += decodeHeader(header).difficulty
      before.add(hashes.keccak256(header), total)
    }
    const bytes = sink.bytes()
    const at = Buffer.from(bytes).indexOf(all)
    bytes.set(before.root(), at)
    const report = await verifyArchive(await openAny('era1', fromBytes(bytes)))
    expect(report.deviations).toHaveLength(1)
    expect(report.accumulator).toEqual(before.root())
    bytes.fill(7, at, at + 32)
    const wrong = verifyArchive(await openAny('era1', fromBytes(bytes)))
    await expect(wrong).rejects.toMatchObject({ code: 'WRONG_ROOT', position: at - 8 })
  })

  test('in an .ere the accumulator covers the blocks before the merge only', async () => {
    const sink = toBytes()
    await writeEre(sink, source, { columns: ['receipts', 'totalDifficulty'] })
    const report = await verifyArchive(await openAny('ere', fromBytes(sink.bytes())))
    expect(report).toMatchObject({ preMergeBlocks: 3, deviations: [], totalDifficulty: 18n })
  })

  test('no block with difficulty may follow', async () => {
    const sink = toBytes()
    await writeEra1(sink, chain([5n, 0n, 6n]))
    const failed = verifyArchive(await openAny('era1', fromBytes(sink.bytes())))
    await expect(failed).rejects.toMatchObject({ code: 'WRONG_ORDER' })
  })
})

describe('what does not belong together is found', () => {
  const block = golden.blocks[1]
  const body = fromHex(block?.bodyRlp ?? '')
  const receipts = fromHex(block?.slimReceiptsRlp ?? '')
  const ssz = fromHex(block?.proof ?? '')
  const otherSibling = Uint8Array.from(ssz, (byte, i) => (i === 40 ? byte ^ 1 : byte))

  test.each<[string, number, Columns<Uint8Array>, string]>([
    ['another body', 0, { body }, 'WRONG_ROOT'],
    ['a body without its transactions', 1, { body: EMPTY_BODY }, 'WRONG_ROOT'],
    ['receipts without transactions', 0, { receipts }, 'WRONG_COUNT'],
    ['a block without its receipts', 1, { receipts: EMPTY_RECEIPTS }, 'WRONG_COUNT'],
    ['the proof of another block', 0, { proof: encodeProof({ type: 0, ssz }) }, 'WRONG_DIFFICULTY'],
    ['a proof with another sibling', 1, { proof: encodeProof({ type: 0, ssz: otherSibling }) }, 'WRONG_PROOF'],
  ])('%s', async (_, index, change, code) => {
    await expect(verifyEre(await changed('ere', index, change))).rejects.toMatchObject({ code, step: 'verify' })
  })

  test.each([
    [
      'withdrawals in a block that cannot have them',
      0,
      [{ index: 1n, validatorIndex: 2n, address: new Uint8Array(20), amount: 3n }],
    ],
    ['no list of withdrawals', 1, undefined],
    ['other withdrawals', 1, []],
  ])('%s', async (_, index, withdrawals) => {
    const changedBody = encodeBody({ transactions: [], uncles: [], ...(withdrawals && { withdrawals }) })
    const source = await changed('ereMerged', index, { body: changedBody })
    await expect(verifyEre(source)).rejects.toMatchObject({ code: 'WRONG_ROOT' })
  })

  test('a proof with a node changed, or of another type', async () => {
    const archive = await openAny('ere', fromBytes(goldenBytes('ereMerged')))
    const { proof = new Uint8Array(0) } = await archive.payloads(16_384n)
    const { type, ssz } = decodeProof(proof)
    const last = Uint8Array.from(ssz)
    last[15 * 32] = (last[15 * 32] ?? 0) ^ 1
    for (const wrong of [encodeProof({ type, ssz: last }), encodeProof({ type: 3, ssz })]) {
      await expect(verifyEre(await changed('ereMerged', 0, { proof: wrong }))).rejects.toMatchObject({
        code: 'WRONG_PROOF',
      })
    }
    const unknown = verifyEre(await changed('ereMerged', 0, { proof: Uint8Array.of(0xc2, 0x04, 0x80) }))
    await expect(unknown).rejects.toMatchObject({ code: 'BAD_SSZ', step: 'read' })
  })

  test('a wrong name, and one that is none', async () => {
    const archive = await openAny('era1', fromBytes(goldenBytes('era1')))
    const id = golden.accumulator.slice(0, 8)
    expect(await verifyArchive(archive, { name: `any-net-00000-${id}.era1` })).toMatchObject({ count: 2 })
    for (const name of [
      `net-00001-${id}.era1`,
      'net-00000-00000001.era1',
      `net-00000-${id}.ere`,
      'x.era1',
      '\n'.repeat(999),
    ]) {
      await expect(verifyArchive(archive, { name })).rejects.toMatchObject({ code: 'WRONG_NAME', step: 'verify' })
    }
  })

  test('an .era1 that does not start at a multiple of 8192', async () => {
    const sink = toBytes()
    const source = chain([1n, 1n], (header) => ({ ...header, number: header.number + 3n }))
    await writeEra1(sink, { ...source, start: 3n })
    const failed = verifyArchive(await openAny('era1', fromBytes(sink.bytes())))
    await expect(failed).rejects.toMatchObject({ code: 'WRONG_NUMBER' })
  })
})

describe('structure', () => {
  const era1 = goldenBytes('era1')
  const accumulatorAt = era1.length - 40 - 40
  /** The golden file with records put in at a position, and an index that fits. */
  async function withRecords(at: number, extra: Uint8Array): Promise<Uint8Array> {
    const { layout } = await openAny('era1', fromBytes(era1))
    const end = layout.indexPosition
    const targets = [0, 1]
      .map((i) => layout.target(i, 0))
      .map((target) => (target >= at ? target + extra.length : target))
    const index = encodeBlockIndex({ position: end + extra.length, start: 0n, targets, base: 'record' })
    return concatBytes([era1.subarray(0, at), extra, era1.subarray(at, end), index])
  }

  test('records of unknown types are counted, Empty ones skipped', async () => {
    const extra = concatBytes([encodeRecord(0x9912, new Uint8Array(5)), encodeRecord(0, new Uint8Array(3))])
    const bytes = await withRecords(accumulatorAt, extra)
    const report = await verifyArchive(await openAny('era1', fromBytes(bytes)))
    expect(report.unknown).toMatchObject([{ hex: '9912', records: 1, bytes: 5, vendor: true }])
  })

  test('an Empty record may be between blocks', async () => {
    const { layout } = await openAny('era1', fromBytes(era1))
    const bytes = await withRecords(layout.target(1, 0), encodeRecord(0, new Uint8Array(3)))
    const { unknown, count } = await verifyArchive(await openAny('era1', fromBytes(bytes)))
    expect({ unknown, count }).toEqual({ unknown: [], count: 2 })
  })

  test('an error in the structure is reported rather than one in a block', async () => {
    const { layout } = await openAny('era1', fromBytes(era1))
    const extraAt = layout.target(1, 0)
    const bytes = await withRecords(extraAt, encodeRecord(0x9912, new Uint8Array(0)))
    const content = layout.target(0, 0) + 30
    bytes[content] = (bytes[content] ?? 0) ^ 1
    const failed = verifyArchive(await openAny('era1', fromBytes(bytes)))
    await expect(failed).rejects.toMatchObject({ code: 'UNEXPECTED_TYPE', position: extraAt })
  })

  test('consecutive blocks are read once', async () => {
    const source = slowSource(era1)
    const archive = await openAny('era1', source)
    source.bytesRead = 0
    await verifyArchive(archive)
    expect(source.bytesRead).toBeLessThanOrEqual(archive.layout.indexPosition)
  })

  test.each([
    ['an unknown record between blocks', 0x9912],
    ['a second Version', 0x6532],
    ['a second accumulator', 0x0700],
  ])('%s is out of place', async (_, type) => {
    const { layout } = await openAny('era1', fromBytes(era1))
    const bytes = await withRecords(layout.target(1, 0), encodeRecord(type, new Uint8Array(type === 0x0700 ? 32 : 0)))
    const failed = verifyArchive(await openAny('era1', fromBytes(bytes)))
    await expect(failed).rejects.toMatchObject({
      code: 'UNEXPECTED_TYPE',
      step: 'verify',
      position: layout.target(1, 0),
    })
  })

  test('a block that the index leaves out is found', async () => {
    const { layout } = await openAny('era1', fromBytes(era1))
    const index = encodeBlockIndex({
      ...{ position: layout.indexPosition, start: 0n, targets: [layout.target(0, 0)], base: 'record' },
    })
    const bytes = concatBytes([era1.subarray(0, layout.indexPosition), index])
    const failed = verifyArchive(await openAny('era1', fromBytes(bytes)))
    await expect(failed).rejects.toMatchObject({ code: 'WRONG_COUNT', position: layout.target(1, 0) })
  })

  test('a file truncated anywhere is noticed', async () => {
    for (const name of ['era1', 'ere', 'e2hs'] as const) {
      const bytes = goldenBytes(name)
      for (let length = 0; length < bytes.length; length += 37) {
        const failed = openAny(name, fromBytes(bytes.subarray(0, length)))
        await expect(failed).rejects.toMatchObject({ step: 'open', position: expect.any(Number) })
      }
    }
  })
})

test('checking stops on abort, and reports its progress', async () => {
  const sink = toBytes()
  await writeEra1(sink, chain(Array.from({ length: 600 }, () => 1n)))
  const archive = await openAny('era1', fromBytes(sink.bytes()))
  const progress: number[] = []
  await verifyArchive(archive, { onProgress: ({ blocks }) => progress.push(blocks) })
  expect(progress).toEqual([256, 512, 600])
  const controller = new AbortController()
  const reason = new Error('enough')
  const stopped = verifyArchive(archive, { signal: controller.signal, onProgress: () => controller.abort(reason) })
  await expect(stopped).rejects.toBe(reason)
})

describe('what cannot be written is rejected', () => {
  const tooMany = chain(Array.from({ length: 3 }, () => 1n))
  test('blocks that do not follow each other', async () => {
    const gap = chain([1n, 1n], (header) => ({ ...header, number: 2n * header.number }))
    await expect(writeEra1(toBytes(), gap)).rejects.toThrow('cannot write block 1')
  })
  test('none, too few for an .e2hs, or a column that is missing', async () => {
    await expect(writeEra1(toBytes(), { start: 0n, read: () => [] })).rejects.toThrow('at least one block')
    const e2hs = blockSourceOf(await openAny('e2hs', fromBytes(goldenBytes('e2hs'))))
    await expect(writeE2hs(toBytes(), e2hs)).rejects.toThrow('not 8192')
    await expect(writeEre(toBytes(), tooMany)).rejects.toThrow('no proof to write')
  })
  test('a source that gives another number of rows for another column', async () => {
    const uneven: BlockSource = {
      start: 0n,
      read: (columns) =>
        [...(tooMany.read(columns) as Iterable<Columns<Uint8Array>>)].slice(columns.includes('body') ? 1 : 0),
    }
    await expect(writeEre(toBytes(), uneven, { columns: [] })).rejects.toThrow('2 rows of body for 3 headers')
  })
  test('an archive after other bytes', async () => {
    const sink = toBytes()
    await sink.write(new Uint8Array(1))
    await expect(writeEra1(sink, tooMany)).rejects.toThrow(RangeError)
  })
})
