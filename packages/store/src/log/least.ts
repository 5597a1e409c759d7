/** The smaller of two entry numbers. */
export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
