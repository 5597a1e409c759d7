// Part of the index's thread: nothing from other packages of the workspace may be imported here.
import { ByteReader, LevelDamage } from './bytes.ts'

/** Most bytes of a block. */
const MAX_BYTES = 64 * 1_048_576

/** Decompress a block. @throws {LevelDamage} */
export function unsnap(bytes: Uint8Array): Uint8Array {
  const reader = new ByteReader(bytes)
  const length = reader.varint()
  if (length > MAX_BYTES) throw new LevelDamage(`a block of ${length} bytes`)
  const out = new Uint8Array(length)
  let at = 0
  while (reader.left > 0) {
    const tag = reader.take(1)[0] as number
    const kind = tag & 3
    if (kind === 0) {
      const short = tag >>> 2
      const count = 1 + (short < 60 ? short : littleEndian(reader.take(short - 59)))
      const literal = reader.take(count)
      if (at + count > length) throw new LevelDamage('a block is longer than it says')
      out.set(literal, at)
      at += count
      continue
    }
    const count = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2)
    const offset =
      kind === 1 ? ((tag >>> 5) << 8) | (reader.take(1)[0] as number) : littleEndian(reader.take(kind === 2 ? 2 : 4))
    if (offset < 1 || offset > at || at + count > length) throw new LevelDamage('a block copies what it has not')
    // May overlap itself.
    for (let i = 0; i < count; i++, at++) out[at] = out[at - offset] as number
  }
  if (at !== length) throw new LevelDamage('a block is shorter than it says')
  return out
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0)
}
