import { events, rareTopics, soughtContracts } from './values.ts'

/** A search for logs; each time for another value of the same kind, where there are others. */
export interface LogSearch {
  readonly what: string
  /** Last block, or all. */
  readonly to?: number
  address?(time: number): Uint8Array
  topic?(time: number): Uint8Array
}

const soughtContract = (time: number): Uint8Array => (soughtContracts[time % soughtContracts.length] ?? NONE).bytes
const rareTopic = (time: number): Uint8Array => (rareTopics[time % rareTopics.length] ?? NONE).bytes
const hotTopic = (): Uint8Array => (events[0] ?? NONE).bytes
const NONE = { bytes: new Uint8Array(0) }

export const SEARCHES: readonly LogSearch[] = [
  { what: 'an address', address: soughtContract },
  { what: 'a rare topic', topic: rareTopic },
  { what: 'an address and the most frequent topic', address: soughtContract, topic: hotTopic },
  { what: 'the most frequent topic, 8192 blocks', topic: hotTopic, to: 8191 },
]

/** A topic of some logs in each block, whichever: so many that an answer for ten files has some MB. */
export const FREQUENT_TOPIC: LogSearch = {
  what: 'a frequent topic',
  topic: () => (events[10] ?? NONE).bytes,
}

/** Parameters of `eth_getLogs`, as JSON. */
export function paramsOf(search: LogSearch, time: number, last: number): string {
  const to = search.to ?? last
  const [address, topic] = [search.address?.(time), search.topic?.(time)]
  const filter = {
    fromBlock: '0x0',
    toBlock: `0x${to.toString(16)}`,
    ...(address && { address: hex(address) }),
    topics: topic ? [hex(topic)] : [],
  }
  return JSON.stringify([filter])
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`
}
