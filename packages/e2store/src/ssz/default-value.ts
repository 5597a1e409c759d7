import { concatBytes } from '../io/bytes.ts'
import { putU32 } from '../io/little-endian.ts'
import { fixedPart, fixedSize, type SszType } from './type.ts'

/** The serialized default value of a type: zeros, empty lists. */
export function defaultValue(type: SszType): Uint8Array {
  const size = fixedSize(type)
  if (size !== undefined) return new Uint8Array(size)
  if (type.kind === 'bitlist') return Uint8Array.of(1)
  if (type.kind !== 'container') return new Uint8Array(0)
  const { layouts, size: fixed } = fixedPart(type)
  const head = new Uint8Array(fixed)
  const tail: Uint8Array[] = []
  let end = fixed
  for (const layout of layouts) {
    if (layout.size !== undefined) continue
    const value = defaultValue(layout.type)
    putU32(head, layout.at, end)
    tail.push(value)
    end += value.length
  }
  return concatBytes([head, ...tail])
}
