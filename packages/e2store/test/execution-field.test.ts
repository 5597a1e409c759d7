import { describe, expect, test } from 'vitest'
import type { Column } from '../src/execution/archive/layout.ts'
import { writeEra1 } from '../src/execution/era1/write.ts'
import { writeEre } from '../src/execution/ere/write.ts'
import { formatExecutionArchiveName } from '../src/execution/names.ts'
import { verifyArchive } from '../src/execution/verify/verify.ts'
import { blockSourceOf } from '../src/execution/write/block-source.ts'
import { ereToEra1 } from '../src/execution/write/convert.ts'
import { encodeBlockIndex } from '../src/index-records/block-index.ts'
import { encodeDynamicBlockIndex } from '../src/index-records/dynamic-block-index.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { fromBytes } from '../src/io/byte-source.ts'
import { concatBytes, fromHex, toHex } from '../src/io/bytes.ts'
import { encodeRecord } from '../src/records/record.ts'
import { RecordType } from '../src/records/record-type.ts'
import { encodeRlp } from '../src/rlp/encode.ts'
import { collect, golden, goldenBytes, openAny } from './support/execution.ts'
import { type MadeBlock, madeChain } from './support/made-blocks.ts'

const MERGED = 8192n

async function ereOf(
  blocks: readonly MadeBlock[],
  columns: readonly Exclude<Column, 'header' | 'body'>[],
  start = MERGED,
): Promise<Uint8Array> {
  const sink = toBytes()
  await writeEre(sink, madeChain(blocks, { start, slim: true }), { columns })
  return sink.bytes()
}

describe('names that published files have', () => {
  const ere = async (columns: readonly Exclude<Column, 'header' | 'body'>[]): Promise<Uint8Array> => {
    const sink = toBytes()
    await writeEre(sink, blockSourceOf(await openAny('ere', fromBytes(goldenBytes('ere')))), { columns })
    return sink.bytes()
  }

  test.each<[string, readonly Exclude<Column, 'header' | 'body'>[], string, readonly string[]]>([
    ['.erae, all columns', ['receipts', 'totalDifficulty', 'proof'], 'mainnet-00000-ID.erae', []],
    ['.erae without proofs or a profile', ['receipts', 'totalDifficulty'], 'mainnet-00000-ID.erae', ['NAME_PROFILE']],
    ['the same, renamed', ['receipts', 'totalDifficulty'], 'mainnet-00000-ID-noproofs.ere', []],
    ['renamed though complete', ['receipts', 'totalDifficulty', 'proof'], 'x-00000-ID-noproofs.ere', ['NAME_PROFILE']],
    ['half of the profile', ['totalDifficulty'], 'x-00000-ID-noproofs.ere', ['NAME_PROFILE']],
    ['no hash', ['receipts', 'totalDifficulty', 'proof'], 'x-00000-00000000.ere', ['NAME_HASH']],
    ['a number of eras', ['receipts', 'totalDifficulty', 'proof'], 'x-00000-00001-ID.ere', ['NAME_COUNT']],
    ['all of it', ['totalDifficulty'], 'x-00000-00001-00000000.erae', ['NAME_PROFILE', 'NAME_HASH', 'NAME_COUNT']],
  ])('%s', async (_, columns, pattern, codes) => {
    const archive = await openAny('ere', fromBytes(await ere(columns)))
    const { identity } = await verifyArchive(archive)
    const name = pattern.replace('ID', identity.id)
    const { deviations } = await verifyArchive(archive, { name })
    expect(deviations.map(({ code }) => code)).toEqual(codes)
    const expected = formatExecutionArchiveName({ ...identity, network: name.split('-')[0] ?? '' })
    for (const { message } of deviations) expect(message).toContain(`by its content the file is ${expected}`)
  })

  test('the deviation of a name without profile says so', async () => {
    const archive = await openAny('ere', fromBytes(await ere(['receipts', 'totalDifficulty'])))
    const { id } = (await verifyArchive(archive)).identity
    const { deviations } = await verifyArchive(archive, { name: `mainnet-00000-${id}.erae` })
    expect(deviations[0]?.message).toMatch(/^name without profile: /)
  })

  test('an era or a hash of other content is wrong all the same', async () => {
    const archive = await openAny('era1', fromBytes(goldenBytes('era1')))
    const id = golden.accumulator.slice(0, 8)
    for (const name of [`x-00001-00001-${id}.era1`, 'x-00000-00001-00000001.era1', 'x-00001-00000000.era1']) {
      await expect(verifyArchive(archive, { name })).rejects.toMatchObject({ code: 'WRONG_NAME' })
    }
  })

  test('a network that ends in a number is not taken for an era', async () => {
    const source = madeChain([{}], { start: 2n * MERGED })
    const sink = toBytes()
    await writeEra1(sink, source)
    const archive = await openAny('era1', fromBytes(sink.bytes()))
    const { id } = (await verifyArchive(archive)).identity
    expect((await verifyArchive(archive, { name: `devnet-00012-00002-${id}.era1` })).deviations).toEqual([])
    const { deviations } = await verifyArchive(archive, { name: `devnet-00002-00001-${id}.era1` })
    expect(deviations).toMatchObject([{ code: 'NAME_COUNT' }])
  })
})

describe('other chains', () => {
  const aura = (step: bigint): MadeBlock => ({
    difficulty: 340282366920938463463374607431768211454n,
    header: { aura: { step, signature: new Uint8Array(65).fill(Number(step)) } },
  })

  test('blocks of AuRa, before and after base fees, are read and verified', async () => {
    const sink = toBytes()
    const later = { ...aura(9n), header: { ...aura(9n).header, baseFeePerGas: 7n } }
    await writeEra1(sink, madeChain([aura(0n), aura(5n), later]))
    const archive = await openAny('era1', fromBytes(sink.bytes()))
    const { identity, totalDifficulty } = await verifyArchive(archive)
    expect(totalDifficulty).toBe(3n * 340282366920938463463374607431768211454n)
    for (const network of ['gnosis', 'chiado', 'ephemery', 'holesky', 'hoodi', 'op', 'base', 'op-sepolia']) {
      const name = formatExecutionArchiveName({ ...identity, network })
      expect((await verifyArchive(archive, { name })).deviations).toEqual([])
    }
    const [, second] = await collect(archive.iterate())
    expect(second?.header).toMatchObject({ aura: { step: 5n, signature: new Uint8Array(65).fill(5) } })
    expect(second?.header.mixHash).toBeUndefined()
  })

  test('a chain that is merged from its genesis on has one block before the merge', async () => {
    const bytes = await ereOf([{ difficulty: 1n }, { difficulty: 0n }, { difficulty: 0n }], ['receipts'], 0n)
    const report = await verifyArchive(await openAny('ere', fromBytes(bytes)))
    expect(report).toMatchObject({ preMergeBlocks: 1, count: 3, totalDifficulty: 1n, deviations: [] })
  })

  const deposit = concatBytes([Uint8Array.of(0x7e), encodeRlp([new Uint8Array(32), new Uint8Array(20)])])
  const log = { address: new Uint8Array(20).fill(1), topics: [new Uint8Array(32).fill(2)], data: Uint8Array.of(3) }
  const receipt = { type: 0x7e, outcome: true, cumulativeGasUsed: 21_000n, logs: [log] } as const
  const opBlock = (fields: object, header: MadeBlock['header'] = {}): MadeBlock => ({
    ...{ difficulty: 0n, transactions: [deposit], receipts: [{ ...receipt, ...fields }], withdrawals: [], header },
  })

  test.each([
    ['of Bedrock', {}],
    ['of Regolith, whose nonce is not in the trie', { depositNonce: 5n }],
    ['of Canyon', { depositNonce: 0n, depositReceiptVersion: 1n }],
  ])('receipts of deposits %s are verified, slim and with blooms', async (_, fields) => {
    const bytes = await ereOf([opBlock(fields)], ['receipts'])
    const archive = await openAny('ere', fromBytes(bytes))
    expect(await verifyArchive(archive)).toMatchObject({ receipts: 1, deviations: [] })
    expect((await archive.block(MERGED)).receipts).toMatchObject([{ ...receipt, ...fields }])
    const full = toBytes()
    const rows = ereToEra1(blockSourceOf(archive))
    const source = {
      start: MERGED,
      read: async function* () {
        for await (const row of rows.read(['header', 'body', 'receipts'])) {
          yield { ...row, totalDifficulty: new Uint8Array(32) }
        }
      },
    }
    await writeEra1(full, source)
    const converted = await openAny('era1', fromBytes(full.bytes()))
    expect(await verifyArchive(converted)).toMatchObject({ receipts: 1 })
    expect((await converted.block(MERGED)).receipts).toMatchObject([{ ...receipt, ...fields }])
  })

  test('the trie has the value that consensus specifies for each of them', async () => {
    const { header } = await (await openAny('ere', fromBytes(await ereOf([opBlock({ depositNonce: 5n })], [])))).block(
      MERGED,
    )
    const bedrock = await (await openAny('ere', fromBytes(await ereOf([opBlock({})], [])))).block(MERGED)
    const canyon = opBlock({ depositNonce: 5n, depositReceiptVersion: 1n })
    const later = await (await openAny('ere', fromBytes(await ereOf([canyon], [])))).block(MERGED)
    expect(toHex(header.receiptsRoot)).toBe(toHex(bedrock.header.receiptsRoot))
    expect(toHex(header.receiptsRoot)).not.toBe(toHex(later.header.receiptsRoot))
  })

  test('a nonce or version that is another than that of the root is found', async () => {
    const source = madeChain([opBlock({ depositNonce: 5n, depositReceiptVersion: 1n })], { start: MERGED, slim: true })
    const other = madeChain([opBlock({ depositNonce: 6n, depositReceiptVersion: 1n })], { start: MERGED, slim: true })
    const [row] = source.read([]) as { receipts: Uint8Array }[]
    const [changed] = other.read([]) as { receipts: Uint8Array }[]
    const sink = toBytes()
    await writeEre(
      sink,
      { start: MERGED, read: () => [{ ...row, receipts: changed?.receipts }] },
      { columns: ['receipts'] },
    )
    const failed = verifyArchive(await openAny('ere', fromBytes(sink.bytes())))
    await expect(failed).rejects.toMatchObject({ code: 'WRONG_ROOT' })
  })

  test('a withdrawals root of something else is reported where blocks begin with deposits, and wrong elsewhere', async () => {
    const header = { withdrawalsRoot: new Uint8Array(32).fill(9) }
    const canyon = { depositNonce: 5n, depositReceiptVersion: 1n }
    const bytes = await ereOf([opBlock(canyon), opBlock(canyon, header), opBlock(canyon, header)], ['receipts'])
    const { deviations } = await verifyArchive(await openAny('ere', fromBytes(bytes)))
    expect(deviations).toMatchObject([{ code: 'UNCHECKED_WITHDRAWALS' }])
    const { layout } = await openAny('ere', fromBytes(bytes))
    expect(deviations[0]?.position).toBe(layout.target(1, 0))
    const plain = await ereOf([{ difficulty: 0n, withdrawals: [], header }], ['receipts'])
    const failed = verifyArchive(await openAny('ere', fromBytes(plain)))
    await expect(failed).rejects.toMatchObject({ code: 'WRONG_ROOT' })
  })
})

describe('difficulties after the merge', () => {
  const merged = (totalDifficulty: bigint): MadeBlock => ({ difficulty: 0n, totalDifficulty })

  test.each([[0n], [17n]])('all of them %s are reported', async (total) => {
    const archive = await openAny('ere', fromBytes(await ereOf([merged(total), merged(total)], ['totalDifficulty'])))
    const report = await verifyArchive(archive, { previousTotalDifficulty: 17n })
    expect(report.deviations).toMatchObject([{ code: 'DIFFICULTY_AFTER_MERGE', position: archive.layout.target(0, 2) }])
    expect(report.totalDifficulty).toBe(17n)
  })

  test('in the file of the merge they are those of the last block before it', async () => {
    const blocks = [{ difficulty: 5n }, merged(5n), merged(0n)]
    const archive = await openAny('ere', fromBytes(await ereOf(blocks, ['totalDifficulty'], 0n)))
    const failed = verifyArchive(archive)
    await expect(failed).rejects.toThrow('of block 2 is 0, expected 5, as of the last block before the merge')
    const right = await ereOf([{ difficulty: 5n }, merged(5n), merged(5n)], ['totalDifficulty'], 0n)
    expect((await verifyArchive(await openAny('ere', fromBytes(right)))).deviations).toEqual([])
  })

  test('an accumulator of a file without blocks before the merge is refused for what it is', async () => {
    const bytes = await ereOf([merged(1n)], ['totalDifficulty'])
    const { layout } = await openAny('ere', fromBytes(bytes))
    const record = encodeRecord(RecordType.Accumulator, new Uint8Array(32).fill(1))
    const position = layout.indexPosition + record.length
    const targets = [layout.columns.map((_, column) => layout.target(0, column))]
    const index = encodeDynamicBlockIndex({ position, start: MERGED, targets, components: 3 })
    const file = concatBytes([bytes.subarray(0, layout.indexPosition), record, index])
    const failed = verifyArchive(await openAny('ere', fromBytes(file)))
    await expect(failed).rejects.toThrow(/an accumulator, 0101.* for a file without blocks before the merge/)
  })
})

describe('offsets that count from elsewhere', () => {
  test.each([
    ['era1', []],
    ['era1Draft', ['INDEX_BASE']],
    ['e2hs', []],
    ['e2hsRelative', []],
  ] as const)('%s', async (name, codes) => {
    const archive = await openAny(name, fromBytes(goldenBytes(name)))
    expect(archive.deviations.map(({ code }) => code)).toEqual(codes)
    expect((await verifyArchive(archive)).deviations).toEqual(archive.deviations)
  })
})

describe('a second index', () => {
  test('directly before that of an .era1', async () => {
    const era1 = goldenBytes('era1')
    const { layout } = await openAny('era1', fromBytes(era1))
    const targets = [layout.target(0, 0), layout.target(1, 0)]
    const index = encodeBlockIndex({ position: era1.length, start: 0n, targets, base: 'record' })
    const failed = openAny('era1', fromBytes(concatBytes([era1, index])))
    await expect(failed).rejects.toMatchObject({
      ...{ code: 'UNEXPECTED_TYPE', step: 'open', position: layout.indexPosition },
      message: expect.stringContaining('a second index: a BlockIndex (6632) record'),
    })
  })

  test('the same again, after that of an .ere', async () => {
    const ere = goldenBytes('ere')
    const { layout } = await openAny('ere', fromBytes(ere))
    const failed = openAny('ere', fromBytes(concatBytes([ere, ere.slice(layout.indexPosition)])))
    await expect(failed).rejects.toMatchObject({
      ...{ code: 'UNEXPECTED_TYPE', step: 'open', position: layout.indexPosition },
      message: expect.stringContaining('a second index: a DynamicBlockIndex (6732) record'),
    })
  })

  test.each([
    ['of its own kind', RecordType.DynamicBlockIndex],
    ['of another kind', RecordType.BlockIndex],
    ['of slots', RecordType.SlotIndex],
  ])('%s before that of an .ere', async (_, type) => {
    const ere = goldenBytes('ere')
    const { layout } = await openAny('ere', fromBytes(ere))
    const extra = encodeRecord(type, new Uint8Array(24))
    const position = layout.indexPosition + extra.length
    const targets = [0, 1].map((i) => layout.columns.map((__, column) => layout.target(i, column)))
    const index = encodeDynamicBlockIndex({ position, start: 0n, targets, components: 5 })
    const file = concatBytes([ere.subarray(0, layout.indexPosition), extra, index])
    const failed = verifyArchive(await openAny('ere', fromBytes(file)))
    await expect(failed).rejects.toMatchObject({ position: layout.indexPosition, step: 'verify' })
    await expect(failed).rejects.toThrow('a second index: ')
  })

  test.each(['ere', 'era1', 'e2hsRelative'] as const)('%s files that were joined are reported to be', async (name) => {
    const part = goldenBytes(name)
    const failed = verifyArchive(await openAny(name, fromBytes(concatBytes([part, part]))))
    await expect(failed).rejects.toMatchObject({ code: 'UNEXPECTED_TYPE', step: 'verify', position: part.length })
    await expect(failed).rejects.toThrow('files that were joined')
  })
})

test('headers of Amsterdam have names for their fields, and keep what comes later', async () => {
  const header = {
    ...{ baseFeePerGas: 7n, withdrawalsRoot: new Uint8Array(32), blobGasUsed: 0n, excessBlobGas: 0n },
    ...{ parentBeaconBlockRoot: new Uint8Array(32), requestsHash: new Uint8Array(32) },
    ...{ blockAccessListHash: fromHex('ab'.repeat(32)), slotNumber: 12_345_678n, further: [Uint8Array.of(0xc0)] },
  }
  const bytes = await ereOf([{ difficulty: 0n, header: { ...header, withdrawalsRoot: undefined } as never }], [])
  await expect(verifyArchive(await openAny('ere', fromBytes(bytes)))).resolves.toBeDefined()
  const whole = await ereOf([{ difficulty: 0n, withdrawals: [], header: { ...header } }], ['receipts'])
  expect((await (await openAny('ere', fromBytes(whole))).block(MERGED)).header).toMatchObject({
    blockAccessListHash: header.blockAccessListHash,
    ...{ slotNumber: 12_345_678n, further: [Uint8Array.of(0xc0)] },
  })
})
