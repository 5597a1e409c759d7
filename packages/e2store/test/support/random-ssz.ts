import { concatBytes } from '../../src/io/bytes.ts'
import { putU32 } from '../../src/io/little-endian.ts'
import { fixedPart, fixedSize, type SszType } from '../../src/ssz/type.ts'

/** Random numbers in [0, 1) that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** A random serialized value of a type, with short lists; numbers are below 2^32. */
export function randomValue(type: SszType, random: () => number): Uint8Array {
  const some = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(random() * 256))
  const count = (limit: number, most = 5): number => Math.floor(random() * (Math.min(limit, most) + 1))
  switch (type.kind) {
    case 'uint': {
      const out = new Uint8Array(type.bytes)
      out.set(some(Math.min(4, type.bytes)))
      return out
    }
    case 'boolean':
      return Uint8Array.of(random() < 0.5 ? 0 : 1)
    case 'bytes':
      return some(type.length)
    case 'byteList':
      return some(count(type.limit, 100))
    case 'bitvector': {
      const out = some(fixedSize(type) as number)
      const used = type.length % 8
      if (used > 0) out[out.length - 1] = (out.at(-1) as number) & ((1 << used) - 1)
      return out
    }
    case 'bitlist': {
      const bits = count(type.limit, 600)
      const out = some((bits >> 3) + 1)
      out[bits >> 3] = ((out[bits >> 3] as number) & ((1 << (bits & 7)) - 1)) | (1 << (bits & 7))
      return out
    }
    case 'vector':
      return concatBytes(Array.from({ length: type.length }, () => randomValue(type.of, random)))
    case 'list':
      return joined(
        Array.from({ length: count(type.limit) }, () => randomValue(type.of, random)),
        type.of,
      )
    case 'container':
      return containerValue(type, random)
  }
}

/** Elements of a list, with their offsets if their sizes vary. */
function joined(elements: readonly Uint8Array[], of: SszType): Uint8Array {
  if (fixedSize(of) !== undefined) return concatBytes(elements)
  const offsets = new Uint8Array(4 * elements.length)
  let at = offsets.length
  for (const [i, element] of elements.entries()) {
    putU32(offsets, 4 * i, at)
    at += element.length
  }
  return concatBytes([offsets, ...elements])
}

function containerValue(type: Extract<SszType, { kind: 'container' }>, random: () => number): Uint8Array {
  const { layouts, size } = fixedPart(type)
  const head = new Uint8Array(size)
  const tail: Uint8Array[] = []
  let end = size
  for (const layout of layouts) {
    const value = randomValue(layout.type, random)
    if (layout.size === undefined) {
      putU32(head, layout.at, end)
      tail.push(value)
      end += value.length
    } else head.set(value, layout.at)
  }
  return concatBytes([head, ...tail])
}
