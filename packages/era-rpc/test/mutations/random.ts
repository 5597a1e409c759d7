/** A whole number below a limit. */
export type Random = (below: number) => number

/** Numbers that are the same for the same seed. */
export function randomFrom(seed: number): Random {
  let state = (seed * 0x9e3779b1) >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

export function oneOf<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)] as T
}

/** Change one to three bits of `bytes[from, to)`. */
export function flipBits(bytes: Uint8Array, random: Random, from = 0, to: number = bytes.length): void {
  for (let n = 1 + random(3); n > 0 && to > from; n--) {
    const at = from + random(to - from)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
  }
}
