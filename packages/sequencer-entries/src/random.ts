const MASK = 0xffff_ffff_ffff_ffffn

/** Numbers that look random and are the same for the same keys, everywhere (SplitMix64). Not for secrets. */
export class Random {
  #state = 0n

  constructor(...keys: readonly bigint[]) {
    for (const key of keys) this.#state = mix(this.#state ^ mix(key & MASK))
  }

  /** u64. */
  next(): bigint {
    this.#state = (this.#state + 0x9e37_79b9_7f4a_7c15n) & MASK
    return mix(this.#state)
  }

  /** An integer from `low` to `high`, both included, at most 2^32 apart. */
  between(low: number, high: number): number {
    return low + Number(this.next() % BigInt(high - low + 1))
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(Math.ceil(length / 8) * 8)
    const view = new DataView(out.buffer)
    for (let at = 0; at < length; at += 8) view.setBigUint64(at, this.next())
    return out.subarray(0, length)
  }
}

function mix(value: bigint): bigint {
  let z = value
  z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK
  z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK
  return z ^ (z >> 31n)
}
