import {
  defaultHashes,
  type EventLog,
  encodeBody,
  encodeReceipt,
  encodeRlp,
  encodeSlimReceipts,
  orderedTrieRoot,
  type Receipt,
} from '@datastreamer/e2store/execution'
import type { Random } from './random.ts'
import {
  accounts,
  addressTopic,
  contracts,
  DRAWS_PER_SOUGHT,
  events,
  type LogValue,
  rareTopics,
  soughtContracts,
} from './values.ts'

/** What a made-up block has below its header. */
export interface MadeBody {
  readonly body: Uint8Array
  readonly slimReceipts: Uint8Array
  readonly transactionsRoot: Uint8Array
  readonly receiptsRoot: Uint8Array
  readonly logsBloom: Uint8Array
  readonly gasUsed: bigint
}

export interface BodyOptions {
  /** Transactions, on average. */
  readonly transactions: number
  /** The rare topic that one log has, by its number. */
  readonly rareTopic?: number | undefined
}

/** Most bytes of input that a transaction has besides the four that name the function. */
const INPUT_BYTES = 240
/** Events of a transaction, on average: as in blocks of mainnet of 2022 to 2025. */
const LOGS = 2.9
const GAS = 95_000n
const BLOOM_BYTES = 256
/** The abscissa of the curve's generator: with it, some key has signed whatever is signed. */
const R = Uint8Array.from(Buffer.from('79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798', 'hex'))
const hashes = defaultHashes()

/** Make up the transactions and receipts of a block. */
export function madeBody(random: Random, { transactions: mean, rareTopic }: BodyOptions): MadeBody {
  const count = Math.max(random.below(2 * mean + 1), rareTopic === undefined ? 0 : 1)
  const envelopes = Array.from({ length: count }, (_, i) => envelope(random, i))
  const bloom = new Uint8Array(BLOOM_BYTES)
  const receipts = envelopes.map((_, i) => receipt(random, bloom, GAS * BigInt(i + 1), i === 0 ? rareTopic : undefined))
  return {
    body: encodeBody({ transactions: envelopes, uncles: [] }),
    slimReceipts: encodeSlimReceipts(receipts),
    transactionsRoot: orderedTrieRoot(envelopes, hashes),
    receiptsRoot: orderedTrieRoot(
      receipts.map((each) => encodeReceipt(each, hashes)),
      hashes,
    ),
    logsBloom: bloom,
    gasUsed: GAS * BigInt(count),
  }
}

/** A call of a contract, of type 2. */
function envelope(random: Random, index: number): Uint8Array {
  const fields = [
    ...[1337n, BigInt(random.below(100_000)), 1_500_000_000n, 30_000_000_000n + BigInt(index), 120_000n],
    ...[contractOf(random).bytes, random.chance(0.7) ? 0n : BigInt(random.below(2 ** 30)) * 10n ** 9n],
    ...[random.bytes(4 + random.below(INPUT_BYTES)), []],
    ...[random.below(2), R, scalar(random)],
  ]
  const list = encodeRlp(fields)
  const bytes = new Uint8Array(1 + list.length)
  bytes[0] = 2
  bytes.set(list, 1)
  return bytes
}

/** A number of 32 bytes below half of the curve's order. */
function scalar(random: Random): Uint8Array {
  const bytes = random.bytes(32)
  bytes[0] = 1 + random.below(126)
  return bytes
}

function receipt(random: Random, block: Uint8Array, cumulativeGasUsed: bigint, rareTopic: number | undefined): Receipt {
  const logsBloom = new Uint8Array(BLOOM_BYTES)
  const count = random.below(2 * LOGS + 1) + (rareTopic === undefined ? 0 : 1)
  const logs: EventLog[] = []
  for (let i = 0; i < count; i++) {
    const address = contractOf(random)
    const topics = topicsOf(random)
    const rare = i === 0 && rareTopic !== undefined ? rareTopics[rareTopic] : undefined
    if (rare !== undefined) topics[0] = rare
    for (const value of [address, ...topics]) addTo(logsBloom, value)
    logs.push({ address: address.bytes, topics: topics.map(({ bytes }) => bytes), data: dataOf(random) })
  }
  for (let i = 0; i < BLOOM_BYTES; i++) block[i] = (block[i] as number) | (logsBloom[i] as number)
  return { type: 2, outcome: !random.chance(0.03), cumulativeGasUsed, logsBloom, logs }
}

/** Some contracts come again and again; those that are sought have a share of their own. */
function contractOf(random: Random): LogValue {
  return (soughtContracts[random.below(DRAWS_PER_SOUGHT)] ?? contracts[random.skewed(contracts.length)]) as LogValue
}

/** The kind of event, mostly with two addresses, half of which never come again. */
function topicsOf(random: Random): LogValue[] {
  const topics = [events[random.skewed(events.length)] as LogValue]
  for (let i = random.below(3); i > 0; i--) {
    const account = random.chance(0.5) ? accounts[random.skewed(accounts.length)] : addressTopic(random)
    topics.push(account as LogValue)
  }
  return topics
}

/** An amount, as a word of 32 bytes, or several. */
function dataOf(random: Random): Uint8Array {
  const words = 1 + random.below(3)
  const data = new Uint8Array(32 * words)
  for (let i = 0; i < words; i++) data.set(random.bytes(9), 32 * i + 23)
  return data
}

function addTo(bloom: Uint8Array, { bits }: LogValue): void {
  for (const bit of bits) {
    const at = BLOOM_BYTES - 1 - (bit >> 3)
    bloom[at] = (bloom[at] as number) | (1 << (bit & 7))
  }
}
