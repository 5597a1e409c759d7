import type { Hashes } from '../../hash/hashes.ts'

/** An event: address of 20 bytes, up to four topics of 32. */
export interface EventLog {
  readonly address: Uint8Array
  readonly topics: readonly Uint8Array[]
  readonly data: Uint8Array
}

/** Bytes of a bloom filter. */
export const BLOOM_BYTES = 256

/**
 * The bloom filter over logs: three bits of 2048 for each address and topic, given by the first three byte pairs of its
 * hash, counted from the end.
 *
 * @see docs/spec/e2store-execution.md §3.3
 */
export function logsBloom(logs: readonly EventLog[], { keccak256 }: Hashes): Uint8Array {
  const bloom = new Uint8Array(BLOOM_BYTES)
  const add = (item: Uint8Array): void => {
    const hash = keccak256(item)
    for (let i = 0; i < 6; i += 2) {
      const bit = (((hash[i] as number) << 8) | (hash[i + 1] as number)) & 2047
      const at = BLOOM_BYTES - 1 - (bit >> 3)
      bloom[at] = (bloom[at] as number) | (1 << (bit & 7))
    }
  }
  for (const { address, topics } of logs) {
    add(address)
    for (const topic of topics) add(topic)
  }
  return bloom
}
