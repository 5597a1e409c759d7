import type { EntryCodec } from './entry-codec.ts'
import { SequencerEntryError } from './errors.ts'
import { checkBigint, checkNumber, NO_BYTES } from './values.ts'

/** Types of fields of a fixed layout. `b16` and `b32` are narrow integers that the model holds as bigints. */
export type LayoutType = 'u64' | 'b32' | 'b16' | 'u32' | 'u8' | 'bool' | 'hash' | 'address'

/** One layout: fields in order, as name and type, and whether a u32 length and `encoded` of that length follow. */
export interface Layout {
  readonly fields: readonly (readonly [name: string, type: LayoutType])[]
  readonly encoded?: boolean
  /** The field that only this layout has: it is written if that field has bytes. */
  readonly distinct?: string
}

const SIZES: Readonly<Record<LayoutType, number>> = {
  u64: 8,
  b32: 4,
  b16: 2,
  u32: 4,
  u8: 1,
  bool: 1,
  hash: 32,
  address: 20,
}

/**
 * Codec of data in fixed layouts without padding. The length of the data says which layout it has.
 *
 * @param what names the entry in errors
 * @param zero makes the object that fields are read into, with all keys and their zero values
 * @param layouts the plain one first, then those with a `distinct` field
 * @see docs/spec/sequencer-entries.md §§2-4
 */
export function layoutCodec<T extends object>(
  what: string,
  littleEndian: boolean,
  zero: () => T,
  layouts: readonly Layout[],
): EntryCodec<T> {
  return {
    decode(data, entryNumber) {
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
      const layout = layouts.find((candidate) => fits(candidate, view, littleEndian))
      if (layout === undefined) {
        const expected = layouts.map((one) => `${fixedBytes(one)}${one.encoded ? ' + length' : ''}`).join(' or ')
        const message = `${what} of ${data.length} bytes, expected ${expected}`
        throw new SequencerEntryError('BAD_LENGTH', message, { entryNumber, offset: data.length })
      }
      const out = zero()
      const slots = out as Record<string, unknown>
      let at = 0
      for (const [name, type] of layout.fields) {
        const value = readField(type, data, view, at, littleEndian)
        if (value === undefined) {
          const message = `${what}: ${name} ${data[at]}, expected 0 or 1`
          throw new SequencerEntryError('BAD_VALUE', message, { entryNumber, offset: at })
        }
        slots[name] = value
        at += SIZES[type]
      }
      if (layout.encoded) slots['encoded'] = data.subarray(at + 4)
      return out
    },

    encode(value) {
      const slots = value as Readonly<Record<string, unknown>>
      const layout = layouts.findLast(({ distinct }) => distinct === undefined || hasBytes(slots[distinct]))
      if (layout === undefined) throw new TypeError(`${what} has no layout without a distinct field`)
      const tail = layout.encoded ? ((slots['encoded'] ?? NO_BYTES) as Uint8Array) : NO_BYTES
      const size = fixedBytes(layout)
      const out = new Uint8Array(size + tail.length)
      const view = new DataView(out.buffer)
      let at = 0
      for (const [name, type] of layout.fields) {
        writeField(name, type, slots[name], out, view, at, littleEndian)
        at += SIZES[type]
      }
      if (layout.encoded) view.setUint32(at, tail.length, littleEndian)
      out.set(tail, size)
      return out
    },
  }
}

function fixedBytes({ fields, encoded }: Layout): number {
  return fields.reduce((sum, [, type]) => sum + SIZES[type], encoded ? 4 : 0)
}

function fits(layout: Layout, view: DataView, littleEndian: boolean): boolean {
  const size = fixedBytes(layout)
  if (!layout.encoded) return view.byteLength === size
  return view.byteLength >= size && view.getUint32(size - 4, littleEndian) === view.byteLength - size
}

function hasBytes(value: unknown): boolean {
  return value instanceof Uint8Array && value.length > 0
}

/** The value at byte `at`, or `undefined` for a flag that is neither 0 nor 1. */
function readField(type: LayoutType, data: Uint8Array, view: DataView, at: number, littleEndian: boolean): unknown {
  switch (type) {
    case 'u64':
      return view.getBigUint64(at, littleEndian)
    case 'b32':
      return BigInt(view.getUint32(at, littleEndian))
    case 'b16':
      return BigInt(view.getUint16(at, littleEndian))
    case 'u32':
      return view.getUint32(at, littleEndian)
    case 'u8':
      return view.getUint8(at)
    case 'bool': {
      const flag = view.getUint8(at)
      return flag > 1 ? undefined : flag === 1
    }
    case 'hash':
    case 'address':
      return data.subarray(at, at + SIZES[type])
  }
}

function writeField(
  name: string,
  type: LayoutType,
  value: unknown,
  out: Uint8Array,
  view: DataView,
  at: number,
  littleEndian: boolean,
): void {
  switch (type) {
    case 'u64':
      return view.setBigUint64(at, checkBigint((value ?? 0n) as bigint, 64, name), littleEndian)
    case 'b32':
      return view.setUint32(at, Number(checkBigint((value ?? 0n) as bigint, 32, name)), littleEndian)
    case 'b16':
      return view.setUint16(at, Number(checkBigint((value ?? 0n) as bigint, 16, name)), littleEndian)
    case 'u32':
      return view.setUint32(at, checkNumber((value ?? 0) as number, 32, name), littleEndian)
    case 'u8':
      return view.setUint8(at, checkNumber((value ?? 0) as number, 8, name))
    case 'bool':
      return view.setUint8(at, value ? 1 : 0)
    case 'hash':
    case 'address': {
      const bytes = (value ?? NO_BYTES) as Uint8Array
      if (bytes.length !== 0 && bytes.length !== SIZES[type]) {
        throw new RangeError(`${name} of ${bytes.length} bytes, expected ${SIZES[type]} (or none for zeros)`)
      }
      return out.set(bytes, at)
    }
  }
}
