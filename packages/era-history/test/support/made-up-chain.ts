import { toBytes } from '@datastreamer/e2store'
import {
  type BlockHeader,
  type Columns,
  decodeHeader,
  defaultHashes,
  type EventLog,
  encodeBody,
  encodeHeader,
  encodeProof,
  encodeReceipt,
  encodeReceipts,
  encodeSlimReceipts,
  formatExecutionArchiveName,
  HeaderAccumulator,
  logsBloom,
  orderedTrieRoot,
  type Receipt,
  uint256Bytes,
  writeEra1,
  writeEre,
} from '@datastreamer/e2store/execution'
import fc from 'fast-check'
import { envelopeOf, signedTransactions } from './made-up-transactions.ts'

/** A block of a chain, and what it is made of. */
export interface MadeBlock {
  readonly number: bigint
  readonly hash: Uint8Array
  readonly header: BlockHeader
  readonly headerRlp: Uint8Array
  readonly envelopes: readonly Uint8Array[]
  /** Lower-case, by ethers. */
  readonly senders: readonly string[]
  readonly receipts: readonly Receipt[]
  readonly uncles: readonly BlockHeader[]
  readonly totalDifficulty: bigint
}

export interface ChainOptions {
  readonly from?: bigint
  readonly count: number
  readonly seed?: number
  /** Whether a block has transactions (default: each). */
  readonly isFull?: (index: number) => boolean
  readonly parent?: MadeBlock | undefined
  /** Index of the first block after the merge (default: none). */
  readonly mergeAt?: number
}

const { keccak256 } = defaultHashes()
const ADDRESSES = Array.from({ length: 6 }, (_, i) => new Uint8Array(20).fill(0x10 + i))
const TOPICS = Array.from({ length: 8 }, (_, i) => new Uint8Array(32).fill(0x20 + i))
const EMPTY_UNCLES = keccak256(Uint8Array.of(0xc0))

/** Addresses and topics of the logs of made-up chains. */
export const logValues = { addresses: ADDRESSES, topics: TOPICS }

const logs: fc.Arbitrary<EventLog> = fc.record({
  address: fc.constantFrom(...ADDRESSES),
  topics: fc.array(fc.constantFrom(...TOPICS), { maxLength: 4 }),
  data: fc.uint8Array({ maxLength: 40 }),
})

const receiptParts = fc.record({
  outcome: fc.boolean(),
  gas: fc.bigInt(21_000n, 500_000n),
  logs: fc.array(logs, { maxLength: 3 }),
})

/** A consistent chain: each header commits to its body and receipts, and to the header before it. */
export function madeChain({
  from = 0n,
  count,
  seed = 1,
  isFull = () => true,
  parent,
  mergeAt,
}: ChainOptions): MadeBlock[] {
  const transactionsOf = Array.from({ length: count }, (_, i) => (isFull(i) ? 1 + ((i * 7 + seed) % 5) : 0))
  // To sign takes most of the time that a chain takes: long ones have the same transactions again.
  const numRuns = Math.min(
    200,
    transactionsOf.reduce((sum, each) => sum + each, 0),
  )
  const pool = numRuns === 0 ? [] : fc.sample(fc.tuple(signedTransactions, receiptParts), { numRuns, seed })
  let next = 0
  const blocks: MadeBlock[] = []
  for (const [i, transactions] of transactionsOf.entries()) {
    const picked = Array.from({ length: transactions }, () => pool[next++ % pool.length] as Drawn)
    const isMerged = mergeAt !== undefined && i >= mergeAt
    blocks.push(madeBlock(from + BigInt(i), blocks.at(-1) ?? parent, picked, isMerged))
  }
  return blocks
}

type Drawn = readonly [
  { readonly type: number | null; readonly from: string | null; readonly serialized: string },
  { readonly outcome: boolean; readonly gas: bigint; readonly logs: readonly EventLog[] },
]

function madeBlock(
  number: bigint,
  previous: MadeBlock | undefined,
  drawn: readonly Drawn[],
  merged: boolean,
): MadeBlock {
  const hashes = defaultHashes()
  const envelopes = drawn.map(([transaction]) => envelopeOf(transaction as Parameters<typeof envelopeOf>[0]))
  let gasUsed = 0n
  const receipts = drawn.map(([{ type }, { outcome, gas, logs: made }]): Receipt => {
    gasUsed += gas
    const bloom = logsBloom(made, hashes)
    return { type: type ?? 0, outcome, cumulativeGasUsed: gasUsed, logsBloom: bloom, logs: made }
  })
  const uncles = !merged && number % 3n === 2n && previous ? [{ ...previous.header, gasLimit: 5n }] : []
  const difficulty = merged ? 0n : 1000n + number
  const header: BlockHeader = {
    parentHash: previous?.hash ?? new Uint8Array(32),
    ommersHash: uncles.length === 0 ? EMPTY_UNCLES : keccak256(unclesRlp(uncles)),
    beneficiary: new Uint8Array(20).fill(Number(number % 256n)),
    stateRoot: new Uint8Array(32).fill(1),
    transactionsRoot: orderedTrieRoot(envelopes, hashes),
    receiptsRoot: orderedTrieRoot(
      receipts.map((receipt) => encodeReceipt(receipt, hashes)),
      hashes,
    ),
    logsBloom: logsBloom(
      receipts.flatMap(({ logs: made }) => made),
      hashes,
    ),
    ...{ difficulty, number, gasLimit: 30_000_000n, gasUsed, timestamp: 1_600_000_000n + number },
    ...{ extraData: new Uint8Array(0), mixHash: new Uint8Array(32), nonce: new Uint8Array(8) },
    baseFeePerGas: 7n,
  }
  const headerRlp = encodeHeader(header)
  return {
    ...{ number, header: decodeHeader(headerRlp), headerRlp, hash: keccak256(headerRlp), envelopes, receipts, uncles },
    senders: drawn.map(([transaction]) => `${transaction.from}`.toLowerCase()),
    totalDifficulty: (previous?.totalDifficulty ?? 0n) + difficulty,
  }
}

function unclesRlp(uncles: readonly BlockHeader[]): Uint8Array {
  // [[], uncles] without the first two bytes, which are the lists around them, is the list of uncles.
  const body = encodeBody({ transactions: [], uncles })
  const prefix = (body[0] as number) < 0xf8 ? 1 : 1 + (body[0] as number) - 0xf7
  return body.subarray(prefix + 1)
}

/** A file's name and bytes. */
export interface MadeFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export type FileShape = 'era1' | 'ere' | 'ere-noproofs' | 'ere-noreceipts' | 'ere-bare'

/** Write blocks, the first of which has a number that is a multiple of 8192, into a file. */
export async function madeFile(blocks: readonly MadeBlock[], shape: FileShape, network = 'made'): Promise<MadeFile> {
  return fileOf(blocks, rowsOf(blocks, shape === 'era1' ? 'era1' : 'ere'), shape, network)
}

/** Write the records of blocks, which need not be right, into a file. */
export async function fileOf(
  blocks: readonly MadeBlock[],
  rows: readonly Columns<Uint8Array>[],
  shape: FileShape,
  network = 'made',
): Promise<MadeFile> {
  const sink = toBytes()
  const [first] = blocks
  if (first === undefined) throw new RangeError('no blocks')
  const kind = shape === 'era1' ? 'era1' : 'ere'
  const source = { start: first.number, read: (): readonly Columns<Uint8Array>[] => rows }
  const written =
    kind === 'era1' ? await writeEra1(sink, source) : await writeEre(sink, source, { columns: COLUMNS[shape] })
  return { name: formatExecutionArchiveName({ ...written.identity, network }), bytes: sink.bytes() }
}

const COLUMNS: Readonly<Record<FileShape, ('receipts' | 'totalDifficulty' | 'proof')[]>> = {
  era1: [],
  ere: ['receipts', 'totalDifficulty', 'proof'],
  'ere-noproofs': ['receipts', 'totalDifficulty'],
  'ere-noreceipts': ['totalDifficulty', 'proof'],
  'ere-bare': ['receipts'],
}

/** The root of the accumulator of blocks. */
export function accumulatorRoot(blocks: readonly MadeBlock[]): Uint8Array {
  return accumulatorOf(blocks).root()
}

function accumulatorOf(blocks: readonly MadeBlock[]): HeaderAccumulator {
  const accumulator = new HeaderAccumulator(defaultHashes())
  for (const { hash, totalDifficulty } of blocks) accumulator.add(hash, totalDifficulty)
  return accumulator
}

/** The contents of the records of blocks. */
export function rowsOf(blocks: readonly MadeBlock[], kind: 'era1' | 'ere'): Columns<Uint8Array>[] {
  const hashes = defaultHashes()
  const proofs = [...accumulatorOf(blocks).proofs()]
  return blocks.map(({ headerRlp, envelopes, uncles, receipts, totalDifficulty }, i) => ({
    header: headerRlp,
    body: encodeBody({ transactions: envelopes, uncles }),
    receipts: kind === 'era1' ? encodeReceipts(receipts, hashes) : encodeSlimReceipts(receipts),
    totalDifficulty: uint256Bytes(totalDifficulty),
    proof: encodeProof({ type: 0, ssz: proofs[i] as Uint8Array }),
  }))
}
