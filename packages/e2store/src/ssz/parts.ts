import { E2FormatError } from '../errors.ts'
import { u32 } from '../io/little-endian.ts'
import { type FieldLayout, fixedPart, fixedSize, type SszContainer, type SszType } from './type.ts'

/** Throw `BAD_SSZ`: the bytes are no value of the type. */
export function malformed(message: string, position: number): never {
  throw new E2FormatError('BAD_SSZ', message, position, 'read')
}

/** A field of a container and its serialized value. */
export interface Part {
  readonly layout: FieldLayout
  readonly value: Uint8Array
}

/** The values of a container's fields; `position` is where `ssz` begins, for errors. */
export function fieldValues(type: SszContainer, ssz: Uint8Array, position: number): readonly Part[] {
  const { layouts, size } = fixedPart(type)
  if (ssz.length < size) malformed(`${ssz.length} bytes of a container, expected at least ${size}`, position)
  const starts = layouts.filter((layout) => layout.size === undefined).map(({ at }) => u32(ssz, at))
  if (starts.length === 0 && ssz.length !== size)
    malformed(`${ssz.length} bytes of a container, expected ${size}`, position)
  checkOffsets(starts, size, ssz.length, position)
  let variable = 0
  return layouts.map((layout) => {
    if (layout.size !== undefined) return { layout, value: ssz.subarray(layout.at, layout.at + layout.size) }
    const value = ssz.subarray(starts[variable], starts[variable + 1] ?? ssz.length)
    variable++
    return { layout, value }
  })
}

/** Throw unless the first value begins after the offsets, and each other one where the one before it may end. */
function checkOffsets(starts: readonly number[], first: number, length: number, position: number): void {
  let last = first
  for (const [i, start] of starts.entries()) {
    if (i === 0 ? start !== first : start < last) malformed(`offset ${start} after ${last}`, position)
    last = start
  }
  if (last > length) malformed(`offset ${last} in ${length} bytes`, position)
}

/** The elements of a list or vector whose elements have a variable size. */
export function variableElements(ssz: Uint8Array, limit: number, position: number): readonly Uint8Array[] {
  if (ssz.length === 0) return []
  if (ssz.length < 4) malformed(`${ssz.length} bytes of offsets`, position)
  const first = u32(ssz, 0)
  const count = first / 4
  if (first === 0 || first % 4 !== 0 || first > ssz.length) malformed(`first offset ${first} of a list`, position)
  if (count > limit) malformed(`${count} elements, expected at most ${limit}`, position)
  const starts = Array.from({ length: count }, (_, i) => u32(ssz, 4 * i))
  checkOffsets(starts, first, ssz.length, position)
  return starts.map((start, i) => ssz.subarray(start, starts[i + 1] ?? ssz.length))
}

/** Number of elements of a fixed size in a list. */
export function countElements(of: SszType, ssz: Uint8Array, limit: number, position: number): number {
  const count = ssz.length / (fixedSize(of) ?? 1)
  if (!Number.isInteger(count)) malformed(`${ssz.length} bytes of elements of ${fixedSize(of)} bytes`, position)
  if (count > limit) malformed(`${count} elements, expected at most ${limit}`, position)
  return count
}

/** Number of bits of a bitlist: those below the highest bit set, which ends it. */
export function bitlistLength(ssz: Uint8Array, limit: number, position: number): number {
  const last = ssz.at(-1)
  if (!last) return malformed('a bitlist without its last bit', position)
  const bits = 8 * (ssz.length - 1) + 31 - Math.clz32(last)
  if (bits > limit) malformed(`${bits} bits, expected at most ${limit}`, position)
  return bits
}
