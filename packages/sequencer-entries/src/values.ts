/** What a field that is not there holds. */
export const NO_BYTES: Uint8Array = new Uint8Array(0)

const MAX_U64 = 0xffff_ffff_ffff_ffffn

/** @throws {RangeError} if `value` is not an unsigned integer of `bits` bits */
export function checkBigint(value: bigint, bits: number, name: string): bigint {
  if (value < 0n || value > BigInt.asUintN(bits, MAX_U64)) throw new RangeError(`${name} ${value} is no u${bits}`)
  return value
}

/** @throws {RangeError} if `value` is not an unsigned integer of `bits` <= 32 bits */
export function checkNumber(value: number, bits: number, name: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits)
    throw new RangeError(`${name} ${value} is no u${bits}`)
  return value
}
