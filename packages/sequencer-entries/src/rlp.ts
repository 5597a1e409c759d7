import { concatBytes } from '@datastreamer/format'

/** An RLP list of byte strings and unsigned integers, as Ethereum encodes it. */
export function rlpList(items: readonly (Uint8Array | bigint)[]): Uint8Array {
  const body = concatBytes(items.flatMap((item) => rlpString(typeof item === 'bigint' ? minimalBytes(item) : item)))
  return concatBytes([head(0xc0, body.length), body])
}

function rlpString(bytes: Uint8Array): readonly Uint8Array[] {
  const [first] = bytes
  return bytes.length === 1 && first !== undefined && first < 0x80 ? [bytes] : [head(0x80, bytes.length), bytes]
}

function head(base: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(base + length)
  const size = minimalBytes(BigInt(length))
  return Uint8Array.of(base + 55 + size.length, ...size)
}

/** Big-endian without leading zeros; 0 is no bytes. */
function minimalBytes(value: bigint): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn))
  return Uint8Array.from(bytes)
}
