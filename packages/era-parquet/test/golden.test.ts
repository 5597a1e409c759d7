import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLocation } from '@datastreamer/e2store/node'
import { openHistory } from '@datastreamer/era-history'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportParquet, type TableName } from '../src/index.ts'
import { type Duck, openDuck } from './support/duck.ts'

interface Golden {
  readonly method: string
  readonly params: readonly unknown[]
  readonly result: unknown
}

type Json = Readonly<Record<string, string | null | undefined>>

const FILE = 'mainnet-01586-a26152e4.era1'
const number = (value: string | null | undefined): string | null => (value ? BigInt(value).toString() : null)

describe.skipIf(!hasVectors('rpc'))('answers of other libraries about a recorded file', () => {
  let folder: string
  let duck: Duck
  let golden: readonly Golden[]
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parquet-'))
    duck = await openDuck()
    golden = Buffer.from(readVector('rpc', `made-up-${FILE}.jsonl.gz`))
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Golden)
    await writeFile(join(folder, FILE), readVector('rpc', `made-up-${FILE}.gz`))
    await using location = await openLocation(folder)
    await using history = await openHistory([location], { trust: 'none', threads: 1 })
    await exportParquet(history, folder)
  })
  afterAll(async () => {
    await duck[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })
  const table = (name: TableName): string => `'${join(folder, name)}/mainnet-01586.parquet'`
  const results = <T>(method: string): readonly T[] =>
    golden.filter((each) => each.method === method).map(({ result }) => result as T)
  const byKey = async (name: TableName, key: string): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> =>
    new Map((await duck.rows(`SELECT * FROM ${table(name)}`)).map((row) => [String(row[key]), row]))

  test('counts and sums of the whole file', async () => {
    const counts = await Promise.all(
      (['blocks', 'transactions', 'receipts', 'logs', 'withdrawals'] as const).map(async (name) =>
        Number((await duck.row(`SELECT count(*) AS n FROM ${table(name)}`)).n),
      ),
    )
    expect(counts).toEqual([400, 993, 993, 1714, 0])
    const { created, failed } = await duck.row(
      `SELECT count(contract_address) AS created, count(*) FILTER (status = 0) AS failed FROM ${table('receipts')}`,
    )
    expect([created, failed]).toEqual(['74', '106'])
    const gas = await duck.row(
      `SELECT (SELECT sum(gas_used) FROM ${table('receipts')}) AS a, (SELECT sum(gas_used) FROM ${table('blocks')}) AS b`,
    )
    expect(gas.a).toBe(gas.b)
  })

  test('blocks', async () => {
    const rows = await byKey('blocks', 'hash')
    const blocks = results<Json & { transactions: readonly unknown[] }>('eth_getBlockByHash')
    for (const block of blocks) {
      const row = rows.get(block.hash ?? '')
      for (const name of [
        'parentHash',
        'nonce',
        'sha3Uncles',
        'logsBloom',
        'transactionsRoot',
        'stateRoot',
        'receiptsRoot',
        'miner',
        'extraData',
      ]) {
        expect(row?.[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]).toBe(block[name])
      }
      for (const name of ['number', 'difficulty', 'size', 'gasLimit', 'gasUsed', 'baseFeePerGas']) {
        expect(row?.[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] ?? null).toBe(number(block[name]))
      }
      expect(row?.transaction_count).toBe(String(block.transactions.length))
      expect(Date.parse(`${row?.timestamp}Z`)).toBe(1000 * Number(block.timestamp))
    }
    expect(blocks).toHaveLength(25)
  })

  test('transactions', async () => {
    const rows = await byKey('transactions', 'hash')
    const found = [
      ...results<Json>('eth_getTransactionByHash'),
      ...results<{ transactions: readonly Json[] }>('eth_getBlockByNumber').flatMap((block) => block.transactions),
    ]
    for (const transaction of found) {
      expect(rows.get(transaction.hash ?? '')).toMatchObject({
        nonce: number(transaction.nonce),
        transaction_index: number(transaction.transactionIndex),
        from_address: transaction.from,
        to_address: transaction.to,
        value: number(transaction.value),
        gas: number(transaction.gas),
        gas_price: number(transaction.gasPrice),
        input: transaction.input,
        block_number: number(transaction.blockNumber),
        block_hash: transaction.blockHash,
        max_fee_per_gas: number(transaction.maxFeePerGas),
        max_priority_fee_per_gas: number(transaction.maxPriorityFeePerGas),
        transaction_type: number(transaction.type),
      })
    }
    expect(found.length).toBeGreaterThan(60)
  })

  test('receipts and logs', async () => {
    const rows = await byKey('receipts', 'transaction_hash')
    const logs = new Map(
      (await duck.rows(`SELECT * FROM ${table('logs')}`)).map((row) => [`${row.block_number} ${row.log_index}`, row]),
    )
    const found = [
      ...results<Json & { logs: readonly Json[] }>('eth_getTransactionReceipt'),
      ...results<readonly (Json & { logs: readonly Json[] })[]>('eth_getBlockReceipts').flat(),
    ]
    for (const receipt of found) {
      expect(rows.get(receipt.transactionHash ?? '')).toMatchObject({
        cumulative_gas_used: number(receipt.cumulativeGasUsed),
        gas_used: number(receipt.gasUsed),
        contract_address: receipt.contractAddress,
        status: number(receipt.status),
        effective_gas_price: number(receipt.effectiveGasPrice),
      })
    }
    const allLogs = [...found.flatMap((receipt) => receipt.logs), ...results<readonly Json[]>('eth_getLogs').flat()]
    for (const log of allLogs) {
      expect(logs.get(`${number(log.blockNumber)} ${number(log.logIndex)}`)).toMatchObject({
        address: log.address,
        data: log.data,
        topics: log.topics,
        transaction_hash: log.transactionHash,
        transaction_index: number(log.transactionIndex),
      })
    }
    expect([found.length > 60, allLogs.length > 342]).toEqual([true, true])
  })
})
