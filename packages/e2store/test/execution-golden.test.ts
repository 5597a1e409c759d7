import { describe, expect, test } from 'vitest'
import { executionArchiveNameOf } from '../src/execution/archive/archive-name.ts'
import { encodeBody } from '../src/execution/blocks/body.ts'
import { decodeHeader, encodeHeader } from '../src/execution/blocks/header.ts'
import { encodeReceipts, encodeSlimReceipts } from '../src/execution/blocks/receipts.ts'
import { writeE2hs } from '../src/execution/e2hs/write.ts'
import { writeEra1 } from '../src/execution/era1/write.ts'
import { writeEre } from '../src/execution/ere/write.ts'
import { verifyArchive } from '../src/execution/verify/verify.ts'
import { blockSourceOf } from '../src/execution/write/block-source.ts'
import { era1ToE2hs, era1ToEre, ereToEra1 } from '../src/execution/write/convert.ts'
import { defaultHashes } from '../src/hash/hashes.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { fromBytes } from '../src/io/byte-source.ts'
import { fromHex, toHex } from '../src/io/bytes.ts'
import { portableSnappy } from '../src/snappy/codec.ts'
import {
  collect,
  type GoldenFile,
  golden,
  goldenBytes,
  goldenHistoryRoot,
  openAny,
  slowSource,
} from './support/execution.ts'

const hashes = defaultHashes()
const PRE_MERGE: GoldenFile[] = ['era1', 'era1Draft', 'ere', 'ereNoproofsNoreceipts', 'e2hs', 'e2hsRelative']
/** A codec that stores all chunks, as the program did that made the files. */
const stored = { ...portableSnappy, compress: (input: Uint8Array): Uint8Array => new Uint8Array(input.length) }

describe.each(PRE_MERGE)('%s', (name) => {
  test('blocks are the ones that were written, from memory and from a file', async () => {
    const bytes = goldenBytes(name)
    for (const source of [fromBytes(bytes), slowSource(bytes)]) {
      const archive = await openAny(name, source)
      expect([archive.start, archive.count]).toEqual([0n, 2])
      const inOrder = await collect(archive.iterate())
      for (const [i, expected] of golden.blocks.entries()) {
        const block = await archive.block(BigInt(i))
        expect(block).toEqual(inOrder[i])
        expect(toHex(block.headerRlp)).toBe(expected.headerRlp)
        expect(toHex(hashes.keccak256(block.headerRlp))).toBe(expected.hash)
        expect(toHex(encodeHeader(block.header))).toBe(expected.headerRlp)
        expect(toHex(encodeBody(block.body))).toBe(expected.bodyRlp)
        expect(block.receipts !== undefined).toBe(archive.columns.includes('receipts'))
        if (block.receipts) {
          expect(toHex(encodeReceipts(block.receipts, hashes))).toBe(expected.receiptsRlp)
          expect(toHex(encodeSlimReceipts(block.receipts))).toBe(expected.slimReceiptsRlp)
        }
        if (block.totalDifficulty !== undefined) expect(String(block.totalDifficulty)).toBe(expected.totalDifficulty)
        if (block.proof) expect([block.proof.type, toHex(block.proof.ssz)]).toEqual([0, expected.proof])
      }
    }
  })

  test('it verifies, with and without what is known from elsewhere', async () => {
    const archive = await openAny(name, slowSource(goldenBytes(name)))
    const trustedAccumulator = fromHex(golden.accumulator)
    const report = await verifyArchive(archive, {
      trustedAccumulator,
      previousHash: new Uint8Array(32),
      name: await executionArchiveNameOf(archive, 'mainnet'),
    })
    expect(report).toMatchObject({
      ...{ start: 0n, count: 2, preMergeBlocks: 2, transactions: 2, blocksWithUncles: 1, trusted: true },
      totalDifficulty: BigInt(golden.blocks[1]?.totalDifficulty ?? 0),
      receipts: archive.columns.includes('receipts') ? 2 : 0,
    })
    expect(toHex(report.lastHash)).toBe(golden.blocks[1]?.hash)
    expect(toHex(report.accumulator ?? new Uint8Array(0))).toBe(golden.accumulator)
    expect(await verifyArchive(archive)).toMatchObject({ trusted: false })
    await expect(verifyArchive(archive, { trustedAccumulator: new Uint8Array(32) })).rejects.toMatchObject({
      ...{ code: 'WRONG_ROOT', step: 'verify' },
    })
  })
})

test('the file after the merge verifies, and its proofs lead to the roots that are known', async () => {
  const archive = await openAny('ere', slowSource(goldenBytes('ereMerged')))
  expect(archive.columns).toEqual(['header', 'body', 'receipts', 'proof'])
  const report = await verifyArchive(archive, { historyRoots: goldenHistoryRoot })
  expect(report).toMatchObject({ preMergeBlocks: 0, withdrawals: 2, trusted: true, start: 16_384n })
  expect(report.historyRoots.map(({ root }) => toHex(root))).toEqual(golden.historyRoots.map(({ root }) => root))
  expect(await verifyArchive(archive)).toMatchObject({ trusted: false })
  for (const root of [new Uint8Array(32), undefined]) {
    const wrongRoot = verifyArchive(archive, { historyRoots: () => root })
    await expect(wrongRoot).rejects.toMatchObject({ code: 'WRONG_PROOF' })
  }
  const blocks = await collect(archive.iterate())
  expect(blocks.map(({ proof }) => proof?.type)).toEqual([1, 2, 3])
  expect(blocks.map(({ headerRlp }) => toHex(hashes.keccak256(headerRlp)))).toEqual(golden.mergedHashes)
  expect(blocks[1]?.body.withdrawals?.[1]).toMatchObject({ index: 8n, validatorIndex: 9n, amount: 2000n })
})

describe('writing', () => {
  const write = { codec: stored }

  test.each<[GoldenFile, GoldenFile]>([
    ['era1', 'era1'],
    ['era1Draft', 'era1'],
    ['ere', 'ere'],
    ['ereNoproofsNoreceipts', 'ereNoproofsNoreceipts'],
    ['ereMerged', 'ereMerged'],
    ['e2hs', 'e2hs'],
    ['e2hs', 'e2hsRelative'],
  ])('%s is written again as %s', async (from, to) => {
    const archive = await openAny(from, fromBytes(goldenBytes(from)))
    const sink = toBytes()
    const source = blockSourceOf(archive)
    if (archive.kind === 'era1') await writeEra1(sink, source, write)
    else if (archive.kind === 'e2hs') {
      await writeE2hs(sink, source, { ...write, blocks: 2, indexBase: to === 'e2hs' ? 'file' : 'record' })
    } else {
      const columns = archive.columns.filter((column) => column !== 'header' && column !== 'body')
      await writeEre(sink, source, { ...write, columns })
    }
    expect(toHex(sink.bytes())).toBe(golden.files[to])
  })

  test('one format is written from another', async () => {
    const era1 = blockSourceOf(await openAny('era1', fromBytes(goldenBytes('era1'))))
    const ere = blockSourceOf(await openAny('ere', fromBytes(goldenBytes('ere'))))
    const [asEre, asE2hs, asEra1] = [toBytes(), toBytes(), toBytes()]
    const { identity, accumulator } = await writeEre(asEre, era1ToEre(era1), write)
    expect(toHex(asEre.bytes())).toBe(golden.files.ere)
    expect(identity).toEqual({ kind: 'ere', era: 0, id: golden.blocks[1]?.hash.slice(0, 8), profile: [] })
    expect(toHex(accumulator ?? new Uint8Array(0))).toBe(golden.accumulator)
    await writeE2hs(asE2hs, era1ToE2hs(era1), { ...write, blocks: 2 })
    expect(toHex(asE2hs.bytes())).toBe(golden.files.e2hs)
    await writeEra1(asEra1, ereToEra1(ere), write)
    expect(toHex(asEra1.bytes())).toBe(golden.files.era1)
  })
})

test('the genesis header of the main network has its well-known hash', () => {
  const header = decodeHeader(fromHex(golden.blocks[0]?.headerRlp ?? ''))
  expect(toHex(hashes.keccak256(encodeHeader(header)))).toBe(
    'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
  )
  expect(header).toMatchObject({ difficulty: 17_179_869_184n, gasLimit: 5000n, timestamp: 0n })
})
