import { type JsonRpcApiProvider, Transaction } from 'ethers'
import type { Hash, PublicClient } from 'viem'
import { expect } from 'vitest'
import type { MadeUpBlock } from './made-up-chain.ts'

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`
const lower = (text: string | null | undefined): string | null => text?.toLowerCase() ?? null
const hashOf = ({ hash }: Transaction): Hash => (hash ?? '0x') as Hash

/** Read all blocks, transactions, receipts and logs with viem, and compare them with what was written. */
export async function checkViem(client: PublicClient, blocks: readonly MadeUpBlock[]): Promise<void> {
  const logs = await Promise.all(blocks.map((block) => checkViemBlock(client, block)))
  const [first, last] = [blocks[0]?.number, blocks.at(-1)?.number]
  if (first === undefined || last === undefined) throw new RangeError('no blocks')
  expect(await client.getLogs({ fromBlock: first, toBlock: last })).toHaveLength(logs.reduce((sum, each) => sum + each))
  expect(await client.getBlockNumber()).toBe(last)
}

/** The number of logs in the block. */
async function checkViemBlock(client: PublicClient, written: MadeUpBlock): Promise<number> {
  const { number, hash, header, transactions, receipts, uncles } = written
  const block = await client.getBlock({ blockNumber: number, includeTransactions: true })
  const byHash = await client.getBlock({ blockHash: hash as Hash })
  expect(byHash.transactions).toEqual(transactions.map(hashOf))
  expect(block).toMatchObject({
    ...{ hash, number, parentHash: hex(header.parentHash), gasUsed: header.gasUsed, timestamp: header.timestamp },
    ...{ difficulty: header.difficulty, miner: hex(header.beneficiary), logsBloom: hex(header.logsBloom) },
    ...{ baseFeePerGas: header.baseFeePerGas, extraData: hex(header.extraData) },
  })
  expect(block.uncles).toHaveLength(uncles.length)
  expect(await client.getBlockTransactionCount({ blockNumber: number })).toBe(transactions.length)
  for (const [index, transaction] of transactions.entries()) {
    const { from, to, nonce, value, gasLimit, data, type } = transaction
    const expected = {
      ...{ hash: transaction.hash, typeHex: `0x${type}`, from: lower(from), to: lower(to), nonce, value },
      ...{ gas: gasLimit, input: data, blockNumber: number, blockHash: hash, transactionIndex: index },
      ...{ r: BigInt(transaction.signature?.r ?? 0), s: BigInt(transaction.signature?.s ?? 0) },
    }
    const read = (each: { readonly r: string; readonly s: string }): unknown => {
      return { ...each, r: BigInt(each.r), s: BigInt(each.s) }
    }
    expect(read(block.transactions[index] as never)).toMatchObject(expected)
    expect(read(await client.getTransaction({ hash: hashOf(transaction) }))).toMatchObject(expected)
    const receipt = await client.getTransactionReceipt({ hash: hashOf(transaction) })
    const { outcome, cumulativeGasUsed, logs } = receipts[index] ?? { logs: [] }
    expect(receipt).toMatchObject({
      ...{ transactionHash: transaction.hash, from: lower(from), to: lower(to), cumulativeGasUsed, blockHash: hash },
      ...(typeof outcome === 'boolean' && { status: outcome ? 'success' : 'reverted' }),
    })
    expect(receipt.logs.map(({ address, topics, data }) => ({ address, topics, data }))).toEqual(
      logs.map(({ address, topics, data }) => ({ address: hex(address), topics: topics.map(hex), data: hex(data) })),
    )
  }
  return (await client.getLogs({ blockHash: hash as Hash })).length
}

/** Read all blocks, transactions, receipts and logs with ethers, and compare them with what was written. */
export async function checkEthers(provider: JsonRpcApiProvider, blocks: readonly MadeUpBlock[]): Promise<void> {
  // As soon as they are asked for, ethers sends several calls as one batch.
  await Promise.all(blocks.map((block) => checkBlock(provider, block)))
  expect(await provider.getBlockNumber()).toBe(Number(blocks.at(-1)?.number))
}

async function checkBlock(provider: JsonRpcApiProvider, block: MadeUpBlock): Promise<void> {
  const { number, hash, header, transactions, receipts } = block
  const read = await provider.getBlock(Number(number), true)
  expect(read?.hash).toBe(hash)
  expect((await provider.getBlock(hash))?.transactions).toEqual(transactions.map(hashOf))
  expect(read?.gasUsed).toBe(header.gasUsed)
  expect(lower(read?.miner)).toBe(hex(header.beneficiary))
  await Promise.all(
    transactions.map(async (transaction, index) => {
      const response = await provider.getTransaction(hashOf(transaction))
      expect(read?.prefetchedTransactions[index]).toEqual(response)
      if (response === null) throw new Error(`no transaction ${transaction.hash}`)
      expect(response.from).toBe(transaction.from)
      // What ethers makes of the answer has the hash that it has in the block.
      expect(Transaction.from(response as never).hash).toBe(transaction.hash)
      const receipt = await provider.getTransactionReceipt(hashOf(transaction))
      expect(receipt?.logs.length).toBe(receipts[index]?.logs.length)
      expect(receipt?.cumulativeGasUsed).toBe(receipts[index]?.cumulativeGasUsed)
    }),
  )
  const logs = await provider.getLogs({ blockHash: hash })
  expect(logs).toHaveLength(receipts.flatMap((each) => each.logs).length)
}
