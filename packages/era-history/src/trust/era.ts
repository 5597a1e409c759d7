/** Blocks, before the merge, or slots, after it, of one accumulator and of one file. */
export const ERA_LENGTH = 8192n

/** The number of the era that has a block, or a slot. */
export function eraOf(number: bigint): number {
  return Number(number / ERA_LENGTH)
}
