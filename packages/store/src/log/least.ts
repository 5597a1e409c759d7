/** The larger of two entry numbers. */
export function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** The smaller of two entry numbers. */
export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
