/** The first 32 fractional bits of this power of the first primes, which are the constants of SHA-256. */
export function fractions(count: number, power: number): Uint32Array {
  const out = new Uint32Array(count)
  for (let found = 0, candidate = 2; found < count; candidate++) {
    let prime = true
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) prime &&= candidate % divisor !== 0
    if (prime) {
      const root = candidate ** power
      out[found++] = Math.floor((root - Math.floor(root)) * 2 ** 32)
    }
  }
  return out
}
