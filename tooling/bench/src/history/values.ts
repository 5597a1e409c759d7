import { defaultHashes } from '@datastreamer/e2store/execution'
import { Random } from './random.ts'

/** An address or a topic of made-up logs, and the bits of a bloom filter that it sets. */
export interface LogValue {
  readonly bytes: Uint8Array
  readonly bits: readonly number[]
}

const { keccak256 } = defaultHashes()

/** Contracts with logs, addresses that come again and again, kinds of events. */
const SIZES = { contracts: 5000, accounts: 20_000, events: 200 }
/** What benchmarks search for, so many each, to search for another one each time. */
const SOUGHT = 64
const RARE = 10

function logValue(bytes: Uint8Array): LogValue {
  const hash = keccak256(bytes)
  const bits = [0, 2, 4].map((i) => (((hash[i] as number) << 8) | (hash[i + 1] as number)) & 2047)
  return { bytes, bits }
}

const random = new Random(2 ** 20)
const values = (count: number, length: number): readonly LogValue[] =>
  Array.from({ length: count }, () => logValue(random.bytes(length)))

/** Addresses of contracts, the first of which come most often. */
export const contracts = values(SIZES.contracts, 20)
/** First topics; the first of them is the one of most logs. */
export const events = values(SIZES.events, 32)
/** Addresses as topics. */
export const accounts: readonly LogValue[] = Array.from({ length: SIZES.accounts }, () => addressTopic(random))
/** Contracts beside those: each is drawn once in so many draws, for some 12 logs a block in one of 1,000 blocks. */
export const soughtContracts = values(SOUGHT, 20)
export const DRAWS_PER_SOUGHT = 12_000
/** First topics, each of which one log in ten files has. */
export const rareTopics = values(RARE, 32)

/** An address as a topic: 12 zero bytes before it. */
export function addressTopic(from: Random): LogValue {
  const topic = new Uint8Array(32)
  topic.set(from.bytes(20), 12)
  return logValue(topic)
}
