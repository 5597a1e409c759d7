import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLocation } from '@datastreamer/e2store/node'
import { type History, openHistory } from '@datastreamer/era-history'
import { getCreateAddress, hexlify } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ExportOptions, type ExportReport, exportParquet, TABLE_NAMES, type TableName } from '../src/index.ts'
import { type Duck, openDuck } from './support/duck.ts'
import { type SmallBlock, smallChain, smallFile } from './support/small-chain.ts'

const ERA = 8192
let folder: string
let duck: Duck
let blocks: SmallBlock[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parquet-'))
  duck = await openDuck()
  blocks = [...smallChain(3 * ERA, 120), ...smallChain(4 * ERA, 30)]
  for (const part of [blocks.slice(0, 120), blocks.slice(120)]) {
    const { name, bytes } = await smallFile(part)
    await writeFile(join(folder, name), bytes)
  }
})

afterAll(async () => {
  await duck[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function withHistory<T>(from: string, use: (history: History) => Promise<T>): Promise<T> {
  await using location = await openLocation(from)
  await using history = await openHistory([location], { trust: 'none', threads: 1 })
  return await use(history)
}

const run = (out: string, options: ExportOptions = {}, from = folder): Promise<ExportReport> =>
  withHistory(from, (history) => exportParquet(history, join(folder, out), options))

const md5 = (lines: readonly string[]): string => createHash('md5').update(lines.join('\n')).digest('hex')
const sum = (values: readonly bigint[]): string => values.reduce((total, value) => total + value, 0n).toString()

describe('what DuckDB reads is what the files hold', () => {
  let report: ExportReport
  beforeAll(async () => {
    report = await run('all', { rowGroupRows: 50 })
  })
  const table = (name: TableName): string => `'${join(folder, 'all', name)}/*.parquet'`

  test('a file for each table and era', async () => {
    expect(report).toMatchObject({
      kept: [],
      blocks: 150n,
      missing: [{ from: 3n * 8192n + 120n, to: 4n * 8192n - 1n }],
    })
    expect(report.written.map(({ path }) => path.slice(folder.length))).toEqual(
      ['00003', '00004'].flatMap((era) => TABLE_NAMES.map((name) => `/all/${name}/hoodi-${era}.parquet`)),
    )
    for (const { path, bytes } of report.written) expect((await stat(path)).size).toBe(bytes)
  })

  test('blocks', async () => {
    const row = await duck.row(
      `SELECT count(*) AS n, sum(number) AS numbers, sum(size) AS size, sum(gas_used) AS gas, sum(transaction_count) AS t,
      sum(base_fee_per_gas) AS fees, md5(string_agg(hash, chr(10) ORDER BY number)) AS hashes,
      sum(epoch_ms(timestamp)) AS times, md5(string_agg(extra_data || miner || logs_bloom, chr(10) ORDER BY number)) AS more
      FROM ${table('blocks')}`,
    )
    const sizes = await withHistory(folder, async (history) => {
      const all: bigint[] = []
      for (const { number } of blocks) all.push(BigInt((await history.block(number))?.size ?? 0))
      return sum(all)
    })
    expect(row).toEqual({
      n: String(blocks.length),
      numbers: sum(blocks.map(({ number }) => number)),
      size: sizes,
      gas: sum(blocks.map(({ header }) => header.gasUsed)),
      t: sum(blocks.map(({ transactions }) => BigInt(transactions.length))),
      fees: sum(blocks.map(({ header }) => header.baseFeePerGas ?? 0n)),
      hashes: md5(blocks.map(({ hash }) => hash)),
      times: sum(blocks.map(({ header }) => 1000n * header.timestamp)),
      more: md5(
        blocks.map(({ header }) =>
          [header.extraData, header.beneficiary, header.logsBloom].map((each) => hexlify(each)).join(''),
        ),
      ),
    })
  })

  test('transactions', async () => {
    const rows = await duck.rows(
      `SELECT hash, nonce, transaction_index, from_address, to_address, value, gas, gas_price, input, block_number,
      block_hash, max_fee_per_gas, max_priority_fee_per_gas, transaction_type, max_fee_per_blob_gas, blob_versioned_hashes
      FROM ${table('transactions')} ORDER BY block_number, transaction_index`,
    )
    const expected = blocks.flatMap((block) =>
      block.transactions.map((each, i) => ({
        hash: each.hash,
        nonce: String(each.nonce),
        transaction_index: String(i),
        from_address: each.from?.toLowerCase(),
        to_address: each.to?.toLowerCase() ?? null,
        value: String(each.value),
        gas: String(each.gasLimit),
        gas_price: String((each.type ?? 0) < 2 ? each.gasPrice : 2_000_000_007n),
        input: each.data,
        block_number: String(block.number),
        block_hash: block.hash,
        max_fee_per_gas: (each.type ?? 0) < 2 ? null : String(each.maxFeePerGas),
        max_priority_fee_per_gas: (each.type ?? 0) < 2 ? null : String(each.maxPriorityFeePerGas),
        transaction_type: String(each.type),
        max_fee_per_blob_gas: each.type === 3 ? String(each.maxFeePerBlobGas) : null,
        blob_versioned_hashes: each.blobVersionedHashes ?? [],
      })),
    )
    expect(rows).toEqual(expected)
    expect(rows.length).toBeGreaterThan(100)
  })

  test('receipts', async () => {
    const rows = await duck.rows(
      `SELECT transaction_hash, cumulative_gas_used, gas_used, contract_address, root, status, effective_gas_price,
      blob_gas_price, blob_gas_used FROM ${table('receipts')} ORDER BY block_number, transaction_index`,
    )
    const expected = blocks.flatMap(({ transactions, receipts }) =>
      transactions.map((each, i) => ({
        transaction_hash: each.hash,
        cumulative_gas_used: String(receipts[i]?.cumulativeGasUsed),
        gas_used: '50000',
        contract_address: each.to ? null : getCreateAddress({ from: each.from ?? '', nonce: each.nonce }).toLowerCase(),
        root: null,
        status: receipts[i]?.outcome ? '1' : '0',
        effective_gas_price: String((each.type ?? 0) < 2 ? each.gasPrice : 2_000_000_007n),
        // e to the power of 10,000,000 / 3,338,477.
        blob_gas_price: each.type === 3 ? '19' : null,
        blob_gas_used: each.type === 3 ? '262144' : null,
      })),
    )
    expect(rows).toEqual(expected)
  })

  test('logs and withdrawals', async () => {
    const logs = await duck.rows(
      `SELECT log_index, transaction_hash, address, data, topics FROM ${table('logs')} ORDER BY block_number, log_index`,
    )
    expect(logs).toEqual(
      blocks.flatMap(({ transactions, receipts }) => {
        let index = 0
        return receipts.flatMap(({ logs: own }, i) =>
          own.map(({ address, data, topics }) => ({
            log_index: String(index++),
            transaction_hash: transactions[i]?.hash,
            address: hexlify(address),
            data: hexlify(data),
            topics: topics.map((topic) => hexlify(topic)),
          })),
        )
      }),
    )
    const withdrawals = await duck.rows(
      `SELECT "index", validator_index, address, amount, block_number FROM ${table('withdrawals')} ORDER BY "index"`,
    )
    expect(withdrawals).toEqual(
      blocks.flatMap(({ number, withdrawals: own }) =>
        own.map(({ index, validatorIndex, address, amount }) => ({
          index: String(index),
          validator_index: String(validatorIndex),
          address: hexlify(address),
          amount: String(amount),
          block_number: String(number),
        })),
      ),
    )
  })

  test('filters that use the statistics of row groups find the same', async () => {
    const [wanted] = blocks.flatMap(({ transactions }) => transactions).slice(-1)
    const found = await duck.rows(`SELECT hash FROM ${table('transactions')} WHERE hash = '${wanted?.hash}'`)
    expect(found).toEqual([{ hash: wanted?.hash }])
    const most = blocks.flatMap(({ transactions }) => transactions).reduce((a, b) => (a.value > b.value ? a : b))
    const rich = await duck.rows(`SELECT hash FROM ${table('transactions')} WHERE value >= ${most.value}`)
    expect(rich).toEqual([{ hash: most.hash }])
    const groups = await duck.row(
      `SELECT count(DISTINCT row_group_id) AS n FROM parquet_metadata('${join(folder, 'all/transactions/hoodi-00003.parquet')}')`,
    )
    expect(Number(groups.n)).toBeGreaterThan(2)
  })

  test('types of columns', async () => {
    const types = await duck.rows(
      `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${table('transactions')})`,
    )
    expect(Object.fromEntries(types.map(({ column_name, column_type }) => [column_name, column_type]))).toMatchObject({
      hash: 'VARCHAR',
      value: 'DECIMAL(38,0)',
      nonce: 'BIGINT',
      block_timestamp: 'TIMESTAMP',
      blob_versioned_hashes: 'VARCHAR[]',
    })
  })
})

test('a second run keeps what is there and writes what is missing, other or damaged', async () => {
  await run('again', { tables: ['blocks', 'withdrawals'], to: 3n * 8192n + 50n })
  const path = join(folder, 'again/blocks/hoodi-00003.parquet')
  const first = await readFile(path)
  const second = await run('again', { tables: ['blocks', 'withdrawals'], to: 3n * 8192n + 50n })
  expect([second.written, second.kept.map(({ table }) => table)]).toEqual([[], ['blocks', 'withdrawals']])
  expect(await readFile(path)).toEqual(first)
  await writeFile(path, first.subarray(0, -20))
  const third = await run('again', { tables: ['blocks', 'withdrawals'], to: 3n * 8192n + 50n })
  expect(third.written.map(({ table }) => table)).toEqual(['blocks'])
  expect(await readFile(path)).toEqual(first)
  // There are more blocks of the era now.
  const fourth = await run('again', { tables: ['blocks', 'withdrawals'] })
  expect(fourth.written).toHaveLength(4)
  expect(await duck.row(`SELECT count(*) AS n FROM '${path}'`)).toEqual({ n: '120' })
})

test('no half file has its name: a failure and an abort leave none', async () => {
  const abort = new AbortController()
  const aborted = run('half', { signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) })
  await expect(aborted).rejects.toThrow('enough')
  for (const name of TABLE_NAMES) expect(await readdir(join(folder, 'half', name))).toEqual([])
  await writeFile(join(folder, 'half/blocks/hoodi-00003.parquet.partial'), 'left by another')
  await expect(run('half')).rejects.toMatchObject({ code: 'EEXIST' })
  expect((await run('half', { discardPartial: true })).written).toHaveLength(10)
})

test('progress ends with all blocks', async () => {
  const seen: [bigint, bigint][] = []
  await run('progress', { tables: ['blocks'], onProgress: ({ blocks: done, ofBlocks }) => seen.push([done, ofBlocks]) })
  expect(seen.length).toBeGreaterThan(2)
  expect(seen.at(-1)).toEqual([150n, 150n])
  expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).sort((a, b) => Number(a - b)))
})

describe('what cannot be exported', () => {
  test('blocks that are not held', async () => {
    await expect(run('none', { from: 1n, to: 5n })).rejects.toMatchObject({ code: 'NO_BLOCKS' })
  })

  test('receipts that are not held; other tables are', async () => {
    const bare = await mkdtemp(join(tmpdir(), 'parquet-'))
    try {
      const { name, bytes } = await smallFile(smallChain(8192, 3), { receipts: false })
      await writeFile(join(bare, name), bytes)
      await expect(run('bare', {}, bare)).rejects.toMatchObject({
        code: 'NO_RECEIPTS',
        message: expect.stringContaining('8192..8194 are held without receipts, which receipts and logs need'),
      })
      const { written } = await run('bare', { tables: ['blocks', 'transactions'] }, bare)
      expect(written.map(({ rows }) => rows)).toEqual([3, 3])
    } finally {
      await rm(bare, { recursive: true })
    }
  })
})

test('a value with more digits than a column has is refused, and says where it is', async () => {
  const rich = await mkdtemp(join(tmpdir(), 'parquet-'))
  try {
    const { name, bytes } = await smallFile(smallChain(8192, 2, () => 1, 10n ** 38n))
    await writeFile(join(rich, name), bytes)
    await expect(run('rich', {}, rich)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringMatching(/^value 1\d{38} in block 8192 has more than 38 digits$/),
    })
    expect(await readdir(join(folder, 'rich/transactions'))).toEqual([])
  } finally {
    await rm(rich, { recursive: true })
  }
})
