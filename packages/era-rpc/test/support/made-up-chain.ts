import { fromBytes, openEra1, openEre, toBytes } from '@datastreamer/e2store'
import {
  type BlockArchive,
  type BlockHeader,
  type BlockSource,
  defaultHashes,
  EMPTY_TRIE_ROOT,
  type EventLog,
  encodeBody,
  encodeHeader,
  encodeReceipt,
  encodeReceipts,
  encodeRlp,
  encodeSlimReceipts,
  formatExecutionArchiveName,
  logsBloom,
  orderedTrieRoot,
  type Receipt,
  rawRlp,
  uint256Bytes,
  type Withdrawal,
  writeEra1,
  writeEre,
} from '@datastreamer/e2store/execution'
import {
  authorizationify,
  getBytes,
  hexlify,
  keccak256,
  Transaction,
  type TransactionLike,
  toUtf8Bytes,
  Wallet,
} from 'ethers'

export interface MadeUpBlock {
  readonly number: bigint
  readonly hash: string
  readonly header: BlockHeader
  /** Signed, by ethers. */
  readonly transactions: readonly Transaction[]
  readonly receipts: readonly Receipt[]
  readonly uncles: readonly BlockHeader[]
}

export interface MadeUpChain {
  readonly blocks: readonly MadeUpBlock[]
  /** A file of all blocks. */
  readonly bytes: Uint8Array
  /** As such a file is named. */
  readonly name: string
  /** The file, open. */
  archive(): Promise<BlockArchive>
}

export interface MadeUpOptions {
  readonly blocks: number
  /** Number of the first block, a multiple of 8192 (default 16,384). */
  readonly start?: bigint
  /** After the merge, an `.ere` file with blobs, withdrawals and authorizations; before it an `.era1` (default). */
  readonly merged?: boolean
  /** Most transactions of a block (default 4). */
  readonly transactions?: number
  /** Logs of the receipts of each block (default 6). */
  readonly logs?: number
  readonly seed?: number
  readonly parentHash?: Uint8Array
  /** Blocks from this one on, counted from 0, have no transactions (default: all but the first may have some). */
  readonly quietFrom?: number
  /** In the file's name (default `mainnet`). */
  readonly network?: string
}

/** Small whole numbers, always the same. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const bytesOf = (text: string): Uint8Array => getBytes(keccak256(toUtf8Bytes(text)))
const ADDRESSES = Array.from({ length: 6 }, (_, at) => bytesOf(`address ${at}`).subarray(0, 20))
const TOPICS = Array.from({ length: 8 }, (_, at) => bytesOf(`topic ${at}`))
const WALLETS = Array.from({ length: 4 }, (_, at) => new Wallet(keccak256(toUtf8Bytes(`wallet ${at}`))))
const EMPTY = new Uint8Array(0)
const EMPTY_OMMERS = defaultHashes().keccak256(encodeRlp([]))
const BASE_FEE = 1_000_000_000n

/** Make up a chain that is consistent in itself: signatures, roots, blooms, parents. */
export async function madeUpChain(options: MadeUpOptions): Promise<MadeUpChain> {
  const { blocks: count, start = 16_384n, merged = false, logs = 6, seed = 1, quietFrom = count } = options
  const { transactions: most = 4 } = options
  const random = randomOf(seed)
  const blocks: MadeUpBlock[] = []
  const rows: { header: Uint8Array; body: Uint8Array; receipts: Uint8Array; totalDifficulty: Uint8Array }[] = []
  let parentHash = options.parentHash ?? bytesOf('before')
  let difficulty = 1_000_000n
  for (let at = 0; at < count; at++) {
    const number = start + BigInt(at)
    const transactions = Array.from({ length: at === 0 || at >= quietFrom ? 0 : random(most + 1) }, (_, nonce) =>
      makeTransaction(random, merged, Number(number) * 10 + nonce),
    )
    const receipts = makeReceipts(transactions, random, logs, merged || random(3) > 0)
    const uncles = merged || random(4) > 0 ? [] : [makeHeader({ number: number - 1n, parentHash, random })]
    const withdrawals: Withdrawal[] | undefined = merged
      ? Array.from({ length: random(3) }, (_, i) => ({
          ...{ index: BigInt(i), validatorIndex: BigInt(random(1000)), amount: BigInt(random(1e9)) },
          address: ADDRESSES[i] ?? EMPTY,
        }))
      : undefined
    const envelopes = transactions.map((each) => getBytes(each.serialized))
    const header: BlockHeader = {
      ...makeHeader({ number, parentHash, random }),
      ...(merged && mergedFields(number, withdrawals ?? [])),
      ommersHash: defaultHashes().keccak256(encodeRlp(uncles.map((uncle) => rawRlp(encodeHeader(uncle))))),
      transactionsRoot: orderedTrieRoot(envelopes, defaultHashes()),
      receiptsRoot: receiptsRoot(receipts),
      logsBloom: logsBloom(
        receipts.flatMap((each) => each.logs),
        defaultHashes(),
      ),
      gasUsed: receipts.at(-1)?.cumulativeGasUsed ?? 0n,
    }
    const headerRlp = encodeHeader(header)
    const hash = defaultHashes().keccak256(headerRlp)
    parentHash = hash
    difficulty += header.difficulty
    rows.push({
      header: headerRlp,
      body: encodeBody({ transactions: envelopes, uncles, ...(withdrawals && { withdrawals }) }),
      receipts: merged ? encodeSlimReceipts(receipts) : encodeReceipts(receipts, defaultHashes()),
      totalDifficulty: uint256Bytes(difficulty),
    })
    blocks.push({ number, hash: `0x${Buffer.from(hash).toString('hex')}`, header, transactions, receipts, uncles })
  }
  const sink = toBytes()
  const source: BlockSource = { start, read: () => rows }
  const { identity } = await (merged ? writeEre(sink, source, { columns: ['receipts'] }) : writeEra1(sink, source))
  const bytes = sink.bytes()
  const name = formatExecutionArchiveName({ ...identity, network: options.network ?? 'mainnet' })
  return { blocks, bytes, name, archive: () => (merged ? openEre : openEra1)(fromBytes(bytes)) }
}

function receiptsRoot(receipts: readonly Receipt[]): Uint8Array {
  const encoded = receipts.map((each) => encodeReceipt(each, defaultHashes()))
  return orderedTrieRoot(encoded, defaultHashes())
}

type Random = (below: number) => number

interface HeaderParts {
  readonly number: bigint
  readonly parentHash: Uint8Array
  readonly random: Random
}

/** A header of a block without content. */
function makeHeader({ number, parentHash, random }: HeaderParts): BlockHeader {
  return {
    ...{ parentHash, number, beneficiary: ADDRESSES[random(6)] ?? EMPTY, stateRoot: bytesOf(`state ${number}`) },
    ...{ ommersHash: EMPTY_OMMERS, transactionsRoot: EMPTY_TRIE_ROOT, receiptsRoot: EMPTY_TRIE_ROOT },
    ...{ logsBloom: new Uint8Array(256), difficulty: BigInt(1 + random(1e6)), gasLimit: 30_000_000n, gasUsed: 0n },
    ...{ timestamp: 1_650_000_000n + 12n * number, extraData: bytesOf(`extra ${number}`).subarray(0, random(33)) },
    ...{ mixHash: bytesOf(`mix ${number}`), nonce: bytesOf(`nonce ${number}`).subarray(0, 8) },
    baseFeePerGas: BASE_FEE,
  }
}

function mergedFields(number: bigint, withdrawals: readonly Withdrawal[]): Partial<BlockHeader> {
  const encoded = withdrawals.map(({ index, validatorIndex, address, amount }) =>
    encodeRlp([index, validatorIndex, address, amount]),
  )
  return {
    ...{ difficulty: 0n, nonce: new Uint8Array(8), timestamp: 1_750_000_000n + 12n * number },
    withdrawalsRoot: orderedTrieRoot(encoded, defaultHashes()),
    ...{ blobGasUsed: 131_072n, excessBlobGas: 75_000_000n, parentBeaconBlockRoot: bytesOf(`beacon ${number}`) },
    requestsHash: bytesOf(`requests ${number}`),
  }
}

function makeTransaction(random: Random, merged: boolean, nonce: number): Transaction {
  const wallet = WALLETS[random(WALLETS.length)] ?? Wallet.createRandom()
  const type = random(merged ? 5 : 3)
  const isCreation = type < 3 && random(6) === 0
  const fields: TransactionLike<string> = {
    ...{ type, nonce, gasLimit: 21_000 + random(1e6), value: BigInt(random(1e9)) * 1_000_000_007n },
    to: isCreation ? null : hexlify(ADDRESSES[random(6)] ?? EMPTY),
    data: hexlify(bytesOf(`data ${nonce}`).subarray(0, random(33))),
    // Without a chain id as before EIP-155.
    chainId: type === 0 && random(2) === 0 ? 0n : 1n,
    ...(type < 2 ? { gasPrice: BASE_FEE + BigInt(random(1e9)) } : feesOf(random)),
    ...(type > 0 && { accessList: accessListOf(random) }),
    ...(type === 3 && {
      maxFeePerBlobGas: 10n ** 12n,
      blobVersionedHashes: [`0x01${hexlify(bytesOf(`blob ${nonce}`)).slice(4)}`],
    }),
    ...(type === 4 && {
      authorizationList: [
        authorizationify(wallet.authorizeSync({ address: hexlify(ADDRESSES[0] ?? EMPTY), nonce, chainId: 1 })),
      ],
    }),
  }
  const transaction = Transaction.from(fields)
  transaction.signature = wallet.signingKey.sign(transaction.unsignedHash)
  return transaction
}

function feesOf(random: Random): TransactionLike<string> {
  const maxPriorityFeePerGas = BigInt(random(2e9))
  return { maxPriorityFeePerGas, maxFeePerGas: BASE_FEE + maxPriorityFeePerGas / 2n + BigInt(random(1e9)) }
}

function accessListOf(random: Random): { address: string; storageKeys: string[] }[] {
  return Array.from({ length: random(3) }, (_, at) => ({
    address: hexlify(ADDRESSES[at] ?? EMPTY),
    storageKeys: TOPICS.slice(0, random(3)).map((key) => hexlify(key)),
  }))
}

function makeReceipts(
  transactions: readonly Transaction[],
  random: Random,
  logsOfBlock: number,
  hasStatus: boolean,
): readonly Receipt[] {
  let cumulativeGasUsed = 0n
  return transactions.map(({ type, hash }) => {
    cumulativeGasUsed += BigInt(21_000 + random(1e6))
    const logs = Array.from({ length: Math.ceil(logsOfBlock / transactions.length) }, () => makeLog(random))
    // Before Byzantium, receipts of types did not exist.
    const outcome = hasStatus || type !== 0 ? random(4) > 0 : bytesOf(`root after ${hash}`)
    return { type: type ?? 0, outcome, cumulativeGasUsed, logs, logsBloom: logsBloom(logs, defaultHashes()) }
  })
}

function makeLog(random: Random): EventLog {
  return {
    address: ADDRESSES[random(6)] ?? EMPTY,
    topics: Array.from({ length: random(5) }, () => TOPICS[random(TOPICS.length)] ?? EMPTY),
    data: bytesOf(`log ${random(1e9)}`).subarray(0, random(33)),
  }
}
