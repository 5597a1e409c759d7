import { hexlify, JsonRpcProvider, Network, Transaction } from 'ethers'
import { createPublicClient, type Hash, http } from 'viem'
import { expect } from 'vitest'
import { Rpc } from '../../src/index.ts'
import { RpcServer } from '../../src/node.ts'
import { type Files, folderHistory } from './file-history.ts'

/** What was read. */
export interface ReadCounts {
  readonly blocks: number
  readonly transactions: number
  readonly logs: number
}

/**
 * Read blocks of files with viem and ethers, each transaction and receipt alone and in its block: both must agree, and
 * what ethers makes of a transaction must have its hash and sender.
 */
export async function readWithClients(
  files: Files,
  chainId: number,
  isWanted: (number: bigint) => boolean = () => true,
): Promise<ReadCounts> {
  await using folder = await folderHistory(files)
  const { history } = folder
  await using server = await RpcServer.listen(new Rpc(history, { chainId: BigInt(chainId) }), { port: 0 })
  const viem = createPublicClient({ transport: http(server.url, { batch: true, timeout: 60_000 }) })
  const network = Network.from(chainId)
  const ethers = new JsonRpcProvider(server.url, network, { staticNetwork: network })
  const counts = { blocks: 0, transactions: 0, logs: 0 }

  const checkTransaction = async (hash: Hash, inBlock: unknown): Promise<unknown> => {
    const [byViem, byEthers, receipt, receiptByEthers] = await Promise.all([
      viem.getTransaction({ hash }),
      ethers.getTransaction(hash),
      viem.getTransactionReceipt({ hash }),
      ethers.getTransactionReceipt(hash),
    ])
    expect(byViem).toEqual(inBlock)
    const made = Transaction.from(byEthers as never)
    expect([made.hash, made.from?.toLowerCase()]).toEqual([hash, byViem.from])
    expect(hexlify(made.to ?? '0x')).toBe(byViem.to ?? '0x')
    expect(receiptByEthers?.gasUsed).toBe(receipt.gasUsed)
    expect(receiptByEthers?.logs.map(({ topics, data }) => [topics, data])).toEqual(
      receipt.logs.map(({ topics, data }) => [topics, data]),
    )
    counts.transactions++
    return receipt
  }

  const checkBlock = async (blockNumber: bigint): Promise<void> => {
    const block = await viem.getBlock({ blockNumber, includeTransactions: true })
    const byEthers = await ethers.getBlock(Number(blockNumber), true)
    expect(byEthers?.hash).toBe(block.hash)
    expect(byEthers?.transactions).toEqual(block.transactions.map(({ hash }) => hash))
    const receipts = await Promise.all(block.transactions.map((each) => checkTransaction(each.hash, each)))
    const logs = await viem.getLogs({ blockHash: block.hash })
    expect(logs).toEqual(receipts.flatMap((each) => (each as { readonly logs: unknown[] }).logs))
    expect(await ethers.getLogs({ blockHash: block.hash })).toHaveLength(logs.length)
    counts.blocks++
    counts.logs += logs.length
  }

  try {
    for (const { from, to } of history.runs) {
      const wanted: bigint[] = []
      for (let number = from; number <= to; number++) if (isWanted(number)) wanted.push(number)
      while (wanted.length > 0) await Promise.all(wanted.splice(0, 32).map(checkBlock))
    }
  } finally {
    await ethers.destroy()
  }
  return counts
}
