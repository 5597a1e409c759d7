import type { Entry } from '@datastreamer/format'

/** How many entries, from the first on, have the numbers `first`, `first + 1`, and so on. */
export function countConsecutive(entries: readonly Entry[], first: bigint): number {
  const { length } = entries
  let count = 0
  if (first + BigInt(length) <= BigInt(Number.MAX_SAFE_INTEGER)) {
    // Exact, and several times faster: a larger u64 never rounds to a safe integer.
    const base = Number(first)
    for (const { number } of entries) {
      if (Number(number) !== base + count) return count
      count++
    }
    return length
  }
  for (const { number } of entries) {
    if (number !== first + BigInt(count)) return count
    count++
  }
  return length
}
