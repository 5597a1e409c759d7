import { createHash } from 'node:crypto'
import { toBytes } from '@datastreamer/e2store'
import {
  type BlockHeader,
  defaultHashes,
  encodeBody,
  encodeHeader,
  encodeReceipt,
  encodeRlp,
  encodeSlimReceipts,
  formatExecutionArchiveName,
  logsBloom,
  orderedTrieRoot,
  type Receipt,
  writeEre,
} from '@datastreamer/e2store/execution'

const TRANSACTIONS = 12
const LOGS = 2
const EMPTY_UNCLES = '1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347'
/** The x of the curve's generator, and some number: with it, any message is signed by somebody. */
const SIGNATURE = [
  Buffer.from('79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798', 'hex'),
  Buffer.from('1b'.repeat(32), 'hex'),
]
const hashes = defaultHashes()

/** Bytes that are the same in every run. */
function noise(seed: string, length = 32): Uint8Array {
  return new Uint8Array(createHash('shake256', { outputLength: length }).update(seed).digest())
}

/** A transfer of a token: of type 2, to one of a hundred contracts, with 68 bytes of input. */
function envelope(seed: number): Uint8Array {
  const fields = [
    ...[1n, BigInt(seed % 1000), 1_500_000_000n, 30_000_000_000n + BigInt(seed), 65_000n],
    ...[noise(`to ${seed % 100}`, 20), BigInt(seed) * 10n ** 12n, noise(`input ${seed}`, 68), []],
    ...[BigInt(seed % 2), ...SIGNATURE],
  ]
  return Uint8Array.of(2, ...encodeRlp(fields))
}

function receipt(seed: number, cumulativeGasUsed: bigint): Receipt {
  const logs = Array.from({ length: LOGS }, (_, i) => ({
    address: noise(`to ${(seed + i) % 100}`, 20),
    topics: ['Transfer', `from ${seed % 5000}`, `to ${(seed * 7) % 5000}`].map((topic) => noise(topic)),
    data: noise(`amount ${seed} ${i}`, 32),
  }))
  return { type: 2, outcome: seed % 20 !== 0, cumulativeGasUsed, logsBloom: logsBloom(logs, hashes), logs }
}

/** A file of blocks with transactions, logs and receipts, whose headers have their roots. */
export async function fullBlocksFile(count: number): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
  const rows = Array.from({ length: count }, (_, number) => {
    const seeds = Array.from({ length: TRANSACTIONS }, (_, i) => number * TRANSACTIONS + i)
    const transactions = seeds.map(envelope)
    const receipts = seeds.map((seed, i) => receipt(seed, 50_000n * BigInt(i + 1)))
    const header: BlockHeader = {
      ...{ parentHash: noise(`parent ${number}`), ommersHash: Buffer.from(EMPTY_UNCLES, 'hex') },
      ...{ beneficiary: noise(`miner ${number % 20}`, 20), stateRoot: noise(`state ${number}`) },
      transactionsRoot: orderedTrieRoot(transactions, hashes),
      receiptsRoot: orderedTrieRoot(
        receipts.map((each) => encodeReceipt(each, hashes)),
        hashes,
      ),
      logsBloom: logsBloom(
        receipts.flatMap(({ logs }) => logs),
        hashes,
      ),
      ...{ difficulty: 0n, number: BigInt(number), gasLimit: 30_000_000n, gasUsed: 50_000n * BigInt(TRANSACTIONS) },
      ...{ timestamp: 1_663_224_179n + 12n * BigInt(number), extraData: noise(`extra ${number % 50}`, 20) },
      ...{ mixHash: noise(`mix ${number}`), nonce: new Uint8Array(8), baseFeePerGas: 12_000_000_000n + BigInt(number) },
    }
    const body = encodeBody({ transactions, uncles: [] })
    return { header: encodeHeader(header), body, receipts: encodeSlimReceipts(receipts) }
  })
  const sink = toBytes()
  const { identity } = await writeEre(sink, { start: 0n, read: () => rows }, { columns: ['receipts'] })
  return { name: formatExecutionArchiveName({ ...identity, network: 'made-up' }), bytes: sink.bytes() }
}
