import { unsigned, viewOf } from './bytes.ts'
import { FormatError } from './errors.ts'

/** Most entry types that a reader can ask for. docs/spec/protocol.md §11. */
export const MAX_ENTRY_TYPES = 64

/**
 * Encode what command entryTypes asks for: big-endian `count u16 | count * entry type u32`.
 *
 * @throws {RangeError} if there are more than 64, or one is no u32
 * @see docs/spec/protocol.md §11
 */
export function encodeEntryTypes(types: readonly number[]): Uint8Array {
  if (types.length > MAX_ENTRY_TYPES)
    throw new RangeError(`${types.length} entry types, the limit is ${MAX_ENTRY_TYPES}`)
  const out = new Uint8Array(2 + 4 * types.length)
  const view = viewOf(out)
  view.setUint16(0, types.length)
  types.forEach((type, i) => {
    view.setUint32(2 + 4 * i, unsigned(type, 32, 'entry type'))
  })
  return out
}

/**
 * Decode the entry types at byte `at`, or `undefined` if more bytes are needed.
 *
 * @throws {FormatError} `BAD_COUNT` if there are more than 64, before they are awaited
 * @see docs/spec/protocol.md §11
 */
export function decodeEntryTypes(bytes: Uint8Array, at: number): number[] | undefined {
  if (bytes.length < at + 2) return undefined
  const view = viewOf(bytes)
  const count = view.getUint16(at)
  if (count > MAX_ENTRY_TYPES) {
    throw new FormatError('BAD_COUNT', `${count} entry types, expected ${MAX_ENTRY_TYPES} at most`, at)
  }
  if (bytes.length < at + 2 + 4 * count) return undefined
  return Array.from({ length: count }, (_, i) => view.getUint32(at + 2 + 4 * i))
}

/**
 * The entry types that a reading is limited to, as a set; `undefined`: it is not.
 *
 * @throws {RangeError} if there are none or more than 64, or one is no u32
 */
export function entryTypesOf(types: readonly number[] | undefined): ReadonlySet<number> | undefined {
  if (types === undefined) return undefined
  if (types.length < 1 || types.length > MAX_ENTRY_TYPES) {
    throw new RangeError(`types has ${types.length} entry types, expected 1 to ${MAX_ENTRY_TYPES}`)
  }
  return new Set(types.map((type) => unsigned(type, 32, 'entry type')))
}
