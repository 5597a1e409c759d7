import { toBytes } from '@datastreamer/e2store'
import {
  type BlockHeader,
  decodeHeader,
  defaultHashes,
  encodeBody,
  encodeHeader,
  encodeReceipt,
  encodeSlimReceipts,
  formatExecutionArchiveName,
  logsBloom,
  orderedTrieRoot,
  type Receipt,
  type Withdrawal,
  writeEre,
} from '@datastreamer/e2store/execution'
import {
  authorizationify,
  decodeRlp,
  encodeRlp,
  getBytes,
  hexlify,
  Transaction,
  type TransactionLike,
  Wallet,
} from 'ethers'

/** A block, and what its rows must be. */
export interface SmallBlock {
  readonly number: bigint
  readonly hash: string
  readonly header: BlockHeader
  readonly headerRlp: Uint8Array
  readonly transactions: readonly Transaction[]
  readonly receipts: readonly Receipt[]
  readonly withdrawals: readonly Withdrawal[]
}

/** A hash from a number: random bytes that are the same in every run. */
function noise(seed: number | string, length = 32): Uint8Array {
  const parts = Array.from({ length: Math.ceil(length / 32) }, (_, i) => getBytes(keccak(`${seed}/${i}`)))
  return new Uint8Array(Buffer.concat(parts)).subarray(0, length)
}

const { keccak256 } = defaultHashes()
const keccak = (text: string): string => hexlify(keccak256(new TextEncoder().encode(text)))
const hashes = defaultHashes()
const EMPTY_UNCLES = keccak256(Uint8Array.of(0xc0))
const WALLETS = [1, 2, 3].map((i) => new Wallet(hexlify(noise(`wallet ${i}`))))

/** A transaction of each type, in turn; each seventh creates a contract. */
function transactionOf(seed: number, more: bigint): Transaction {
  const wallet = WALLETS[seed % WALLETS.length] as Wallet
  const type = seed % 5
  const to = hexlify(noise(`to ${seed % 11}`, 20))
  const fees = { maxFeePerGas: 30_000_000_000n + BigInt(seed), maxPriorityFeePerGas: 1_000_000_000n }
  const fields: TransactionLike<string> = {
    type,
    to: seed % 7 === 0 && type < 3 ? null : to,
    nonce: seed,
    gasLimit: 100_000n + BigInt(seed),
    value: more + 10n ** 18n * BigInt(seed) + BigInt(seed % 97),
    data: hexlify(noise(`data ${seed}`, seed % 200)),
    chainId: type === 0 && seed % 2 === 0 ? 0n : 560_048n,
    ...(type < 2 ? { gasPrice: 20_000_000_000n } : fees),
    ...(type === 3 && {
      maxFeePerBlobGas: 5n,
      blobVersionedHashes: [`0x01${'ab'.repeat(31)}`, `0x01${'cd'.repeat(31)}`],
    }),
    ...(type === 4 && {
      authorizationList: [authorizationify(wallet.authorizeSync({ address: to, nonce: 1n, chainId: 560_048n }))],
    }),
  }
  const transaction = Transaction.from(fields)
  transaction.signature = wallet.signingKey.sign(transaction.unsignedHash)
  return transaction
}

function receiptOf(seed: number, type: number, cumulativeGasUsed: bigint): Receipt {
  const logs = Array.from({ length: seed % 4 }, (_, i) => ({
    address: noise(`address ${seed % 5}`, 20),
    topics: Array.from({ length: (seed + i) % 5 }, (_, at) => noise(`topic ${(seed + at) % 9}`)),
    data: noise(`log ${seed} ${i}`, (seed * 13) % 90),
  }))
  return { type, outcome: seed % 6 !== 0, cumulativeGasUsed, logsBloom: logsBloom(logs, hashes), logs }
}

/** A chain after the merge, with withdrawals and blob gas; each header commits to its body and to its parent. */
export function smallChain(
  from: number,
  count: number,
  perBlock: (i: number) => number = (i) => i % 4,
  value = 0n,
): SmallBlock[] {
  const blocks: SmallBlock[] = []
  for (let i = 0; i < count; i++) {
    const number = BigInt(from + i)
    const seeds = Array.from({ length: perBlock(i) }, (_, k) => (from + i) * 16 + k)
    const transactions = seeds.map((seed) => transactionOf(seed, value))
    const receipts = seeds.map((seed, k) => receiptOf(seed, transactions[k]?.type ?? 0, 50_000n * BigInt(k + 1)))
    const envelopes = transactions.map(({ serialized }) => getBytes(serialized))
    const withdrawals = Array.from({ length: i % 3 }, (_, k) => ({
      index: number * 16n + BigInt(k),
      validatorIndex: BigInt(1000 + k),
      address: noise(`validator ${k}`, 20),
      amount: 17_000_000n + BigInt(k),
    }))
    const header: BlockHeader = {
      parentHash: blocks.at(-1) ? getBytes(blocks.at(-1)?.hash ?? '') : noise('parent'),
      ommersHash: EMPTY_UNCLES,
      beneficiary: noise(`miner ${i % 3}`, 20),
      stateRoot: noise(`state ${number}`),
      transactionsRoot: orderedTrieRoot(envelopes, hashes),
      receiptsRoot: orderedTrieRoot(
        receipts.map((receipt) => encodeReceipt(receipt, hashes)),
        hashes,
      ),
      logsBloom: logsBloom(
        receipts.flatMap(({ logs }) => logs),
        hashes,
      ),
      ...{ difficulty: 0n, number, gasLimit: 30_000_000n, gasUsed: receipts.at(-1)?.cumulativeGasUsed ?? 0n },
      ...{ timestamp: 1_742_400_000n + 12n * number, extraData: noise(`extra ${i}`, i % 20) },
      ...{ mixHash: noise(`mix ${i}`), nonce: new Uint8Array(8), baseFeePerGas: 1_000_000_007n },
      withdrawalsRoot: noise(`withdrawals ${i}`),
      ...{ blobGasUsed: 131_072n, excessBlobGas: 10_000_000n, parentBeaconBlockRoot: noise(`beacon ${i}`) },
    }
    const body = encodeBody({ transactions: envelopes, uncles: [], withdrawals })
    const headerRlp = encodeHeader({ ...header, withdrawalsRoot: withdrawalsRootOf(body) })
    const hash = hexlify(keccak256(headerRlp))
    blocks.push({ number, hash, header: decodeHeader(headerRlp), headerRlp, transactions, receipts, withdrawals })
  }
  return blocks
}

/** The root of the withdrawals in a body, its third list. */
function withdrawalsRootOf(body: Uint8Array): Uint8Array {
  const withdrawals = (decodeRlp(body) as readonly Parameters<typeof encodeRlp>[0][])[2] as typeof body & readonly []
  return orderedTrieRoot(
    [...withdrawals].map((fields) => getBytes(encodeRlp(fields))),
    hashes,
  )
}

/** Blocks as a file without proofs. */
export async function smallFile(
  blocks: readonly SmallBlock[],
  { receipts = true, network = 'hoodi' }: { readonly receipts?: boolean; readonly network?: string } = {},
): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
  const sink = toBytes()
  const rows = blocks.map((block) => ({
    header: block.headerRlp,
    body: encodeBody({
      transactions: block.transactions.map(({ serialized }) => getBytes(serialized)),
      uncles: [],
      withdrawals: block.withdrawals,
    }),
    ...(receipts && { receipts: encodeSlimReceipts(block.receipts) }),
  }))
  const source = { start: blocks[0]?.number ?? 0n, read: () => rows }
  const written = await writeEre(sink, source, { columns: receipts ? ['receipts'] : [] })
  return { name: formatExecutionArchiveName({ ...written.identity, network }), bytes: sink.bytes() }
}
