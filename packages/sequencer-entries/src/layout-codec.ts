import type { EntryCodec } from './entry-codec.ts'
import { SequencerEntryError } from './errors.ts'
import { LAYOUT_TYPES, type LayoutType } from './layout-type.ts'
import { NO_BYTES } from './values.ts'

/** One layout: fields in order, as name and type, and whether a u32 length and `encoded` of that length follow. */
export interface Layout {
  readonly fields: readonly (readonly [name: string, type: LayoutType])[]
  readonly encoded?: boolean
  /** The field that only this layout has: it is written if that field has bytes. */
  readonly distinct?: string
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
  layouts: readonly [Layout, ...Layout[]],
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
        const value = LAYOUT_TYPES[type].read({ data, view, at, littleEndian })
        if (value === undefined) {
          const message = `${what}: ${name} ${data[at]}, expected 0 or 1`
          throw new SequencerEntryError('BAD_VALUE', message, { entryNumber, offset: at })
        }
        slots[name] = value
        at += LAYOUT_TYPES[type].bytes
      }
      if (layout.encoded) slots.encoded = data.subarray(at + 4)
      return out
    },

    encode(value) {
      const slots = value as Readonly<Record<string, unknown>>
      const layout = layouts.find(({ distinct }) => distinct !== undefined && hasBytes(slots[distinct])) ?? layouts[0]
      const tail = layout.encoded ? ((slots.encoded ?? NO_BYTES) as Uint8Array) : NO_BYTES
      const size = fixedBytes(layout)
      const out = new Uint8Array(size + tail.length)
      const view = new DataView(out.buffer)
      let at = 0
      for (const [name, type] of layout.fields) {
        LAYOUT_TYPES[type].write({ data: out, view, at, littleEndian }, slots[name], name)
        at += LAYOUT_TYPES[type].bytes
      }
      if (layout.encoded) view.setUint32(at, tail.length, littleEndian)
      out.set(tail, size)
      return out
    },
  }
}

function fixedBytes({ fields, encoded }: Layout): number {
  return fields.reduce((sum, [, type]) => sum + LAYOUT_TYPES[type].bytes, encoded ? 4 : 0)
}

function fits(layout: Layout, view: DataView, littleEndian: boolean): boolean {
  const size = fixedBytes(layout)
  if (!layout.encoded) return view.byteLength === size
  return view.byteLength >= size && view.getUint32(size - 4, littleEndian) === view.byteLength - size
}

function hasBytes(value: unknown): boolean {
  return value instanceof Uint8Array && value.length > 0
}
