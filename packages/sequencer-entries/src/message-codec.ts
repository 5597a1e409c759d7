import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { concatBytes } from '@datastreamer/format'
import type { EntryCodec } from './entry-codec.ts'
import { SequencerEntryError } from './errors.ts'
import { checkBigint, checkNumber } from './values.ts'

/** How values of one field lie in a message; zero values are left out. */
interface FieldCodec {
  readonly name: string
  readonly number: number
  readonly wireType: WireType
  read(reader: BinaryReader): unknown
  isZero(value: unknown): boolean
  write(writer: BinaryWriter, value: unknown): void
}

/**
 * Codec of a protobuf message into plain objects with the same field names. Numbers and types of the fields come from
 * the generated schema and the wire from the library; its own loop is stricter than the library's (a wire type that is
 * not the field's makes an unknown field, as in Go) and says where bytes are bad.
 *
 * Unknown fields are kept as they came in `unknown` and written after all others, as Go does.
 *
 * @param zero makes the object that fields are read into, with all keys and their zero values
 * @param nested codecs of the messages that fields hold, by type name
 * @see docs/spec/sequencer-entries.md §5
 */
export function messageCodec<T extends object>(
  schema: DescMessage,
  zero: () => T,
  nested: Readonly<Record<string, EntryCodec<object>>> = {},
): EntryCodec<T> {
  const fields = schema.fields.map((field) => fieldCodec(field, nested)).sort((a, b) => a.number - b.number)
  const byNumber: (FieldCodec | undefined)[] = []
  for (const field of fields) byNumber[field.number] = field

  return {
    decode(data, entryNumber) {
      const reader = new BinaryReader(data)
      const out = zero()
      const slots = out as Record<string, unknown>
      let unknown: Uint8Array[] | undefined
      let at = 0
      try {
        while (reader.pos < data.length) {
          at = reader.pos
          const [number, wireType] = reader.tag()
          const field = byNumber[number]
          if (field !== undefined && field.wireType === wireType) {
            slots[field.name] = field.read(reader)
          } else {
            reader.skip(wireType, number)
            unknown ??= []
            unknown.push(data.subarray(at, reader.pos))
          }
        }
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new SequencerEntryError(
          'BAD_PROTOBUF',
          `${schema.typeName}: ${reason}`,
          { entryNumber, offset: at },
          { cause },
        )
      }
      if (unknown !== undefined) slots.unknown = concatBytes(unknown)
      return out
    },

    encode(value) {
      const writer = new BinaryWriter()
      const slots = value as Readonly<Record<string, unknown>>
      for (const field of fields) {
        const slot = slots[field.name]
        if (slot === undefined || field.isZero(slot)) continue
        writer.tag(field.number, field.wireType)
        field.write(writer, slot)
      }
      const unknown = slots.unknown
      if (unknown instanceof Uint8Array) writer.raw(unknown)
      return writer.finish()
    },
  }
}

function fieldCodec(field: DescField, nested: Readonly<Record<string, EntryCodec<object>>>): FieldCodec {
  const { localName: name, number } = field
  const common = { name, number, wireType: WireType.Varint, isZero: (value: unknown) => !value }
  if (field.fieldKind === 'enum') {
    return { ...common, read: (reader) => reader.int32(), write: (writer, value) => writer.int32(value as number) }
  }
  if (field.fieldKind === 'message') {
    const codec = nested[field.message.typeName]
    if (codec !== undefined) {
      return {
        ...common,
        wireType: WireType.LengthDelimited,
        read: (reader) => codec.decode(reader.bytes()),
        write: (writer, value) => writer.bytes(codec.encode(value as object)),
      }
    }
  }
  switch (field.scalar) {
    case ScalarType.UINT64:
      return {
        ...common,
        read: (reader) => reader.uint64(),
        write: (writer, value) => writer.uint64(checkBigint(value as bigint, 64, name)),
      }
    case ScalarType.UINT32:
      return {
        ...common,
        read: (reader) => reader.uint32(),
        write: (writer, value) => writer.uint32(checkNumber(value as number, 32, name)),
      }
    case ScalarType.BOOL:
      return { ...common, read: (reader) => reader.bool(), write: (writer, value) => writer.bool(value as boolean) }
    case ScalarType.STRING:
      return {
        ...common,
        wireType: WireType.LengthDelimited,
        read: (reader) => reader.string(true),
        write: (writer, value) => writer.string(value as string),
      }
    case ScalarType.BYTES:
      return {
        ...common,
        wireType: WireType.LengthDelimited,
        isZero: (value) => (value as Uint8Array).length === 0,
        read: (reader) => reader.bytes(),
        write: (writer, value) => writer.bytes(value as Uint8Array),
      }
    default:
      throw new TypeError(`no codec for the type of ${field}`)
  }
}
