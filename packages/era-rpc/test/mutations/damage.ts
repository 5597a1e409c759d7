import { flipBits, type Random } from '@datastreamer/fixtures/random'

/** Most bytes that a change takes at once. */
const RUN = 40

/** Change bytes from a position on: flip bits, overwrite, leave out, repeat, exchange, or end there; or add some at the end. */
export function damagedAt(original: Uint8Array, at: number, random: Random): Uint8Array {
  const bytes = original.slice()
  const end = Math.min(at + 1 + random(RUN), bytes.length)
  const run = bytes.slice(at, end)
  const joined = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts)
  switch (random(16)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
    case 2:
      return bytes.fill(random(2) * random(256), at, end)
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(end))
    case 4:
      return joined(bytes.subarray(0, end), run, bytes.subarray(end))
    case 5:
      return joined(bytes, run)
    case 6: {
      const other = random(bytes.length - run.length + 1)
      bytes.copyWithin(at, other, other + run.length)
      bytes.set(run, other)
      return bytes
    }
    case 7:
      flipBits(bytes, random)
      return bytes
    default:
      flipBits(bytes, random, at, end)
      return bytes
  }
}
