import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toBytes } from '@datastreamer/e2store'
import {
  type BlockHeader,
  defaultHashes,
  encodeBody,
  encodeHeader,
  encodeReceipt,
  encodeReceipts,
  encodeRlp,
  formatExecutionArchiveName,
  logsBloom,
  orderedTrieRoot,
  type Receipt,
  uint256Bytes,
  writeEra1,
} from '@datastreamer/e2store/execution'
import { getBytes, keccak256, Transaction, toUtf8Bytes, Wallet } from 'ethers'

export const FIRST_BLOCK = 8192
const SIGNED = 400
const START = BigInt(FIRST_BLOCK)

const bytesOf = (text: string): Uint8Array => getBytes(keccak256(toUtf8Bytes(text)))

/** Write an `.era1` of made-up blocks into a folder; each has so many transactions, with a transfer's log each. */
export async function writeMadeUpFile(folder: string, blocks: number, transactions: number): Promise<void> {
  const hashes = defaultHashes()
  const envelopes = signed()
  const noUncles = hashes.keccak256(encodeRlp([]))
  let parentHash = bytesOf('before')
  let difficulty = 0n
  const rows = Array.from({ length: blocks }, (_, at) => {
    const inBlock = Array.from(
      { length: transactions },
      (_, i) => envelopes[(at * 31 + i * 7) % SIGNED] ?? new Uint8Array(),
    )
    const receipts = inBlock.map((_, i): Receipt => {
      const topics = ['transfer', `from ${i % 50}`, `to ${(at + i) % 50}`].map(bytesOf)
      const logs = [{ address: bytesOf(`token ${(at + i) % 20}`).subarray(0, 20), topics, data: bytesOf(`value ${i}`) }]
      const logsBloomOf = logsBloom(logs, hashes)
      return { type: 2, outcome: true, cumulativeGasUsed: BigInt(50_000 * (i + 1)), logs, logsBloom: logsBloomOf }
    })
    const header: BlockHeader = {
      ...{ parentHash, number: START + BigInt(at), difficulty: 1n, gasLimit: 30_000_000n, gasUsed: 5_000_000n },
      ...{ timestamp: 1_600_000_000n + 12n * BigInt(at), ommersHash: noUncles, stateRoot: bytesOf(`state ${at}`) },
      ...{ transactionsRoot: orderedTrieRoot(inBlock, hashes), beneficiary: bytesOf('miner').subarray(0, 20) },
      receiptsRoot: orderedTrieRoot(
        receipts.map((each) => encodeReceipt(each, hashes)),
        hashes,
      ),
      logsBloom: logsBloom(
        receipts.flatMap((each) => each.logs),
        hashes,
      ),
      ...{
        extraData: bytesOf('extra'),
        mixHash: bytesOf(`mix ${at}`),
        nonce: new Uint8Array(8),
        baseFeePerGas: 10n ** 9n,
      },
    }
    const rlp = encodeHeader(header)
    parentHash = hashes.keccak256(rlp)
    difficulty += 1n
    const body = encodeBody({ transactions: inBlock, uncles: [] })
    return { header: rlp, body, receipts: encodeReceipts(receipts, hashes), totalDifficulty: uint256Bytes(difficulty) }
  })
  const sink = toBytes()
  const { identity } = await writeEra1(sink, { start: START, read: () => rows })
  writeFileSync(join(folder, formatExecutionArchiveName({ ...identity, network: 'madeup' })), sink.bytes())
}

function signed(): readonly Uint8Array[] {
  const wallet = new Wallet(keccak256(toUtf8Bytes('wallet')))
  return Array.from({ length: SIGNED }, (_, nonce) => {
    const transaction = Transaction.from({
      ...{ type: 2, chainId: 1, nonce, gasLimit: 60_000, value: 0, to: `0x${'12'.repeat(20)}` },
      ...{ maxFeePerGas: 2n * 10n ** 9n, maxPriorityFeePerGas: 10n ** 8n, data: `0xa9059cbb${'00'.repeat(64)}` },
    })
    transaction.signature = wallet.signingKey.sign(transaction.unsignedHash)
    return getBytes(transaction.serialized)
  })
}
