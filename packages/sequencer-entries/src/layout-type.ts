import { checkBigint, checkNumber, NO_BYTES } from './values.ts'

/** Where a field lies. */
interface Field {
  readonly data: Uint8Array
  readonly view: DataView
  readonly at: number
  readonly littleEndian: boolean
}

/** How one type of field lies in a fixed layout. */
interface FieldType {
  readonly bytes: number
  /** The value, or `undefined` if the bytes stand for none. */
  read(field: Field): unknown
  write(field: Field, value: unknown, name: string): void
}

/** Types of fields of a fixed layout. `b16` and `b32` are narrow integers that the model holds as bigints. */
export type LayoutType = 'u64' | 'b32' | 'b16' | 'u32' | 'u8' | 'bool' | 'hash' | 'address'

export const LAYOUT_TYPES: Readonly<Record<LayoutType, FieldType>> = {
  u64: {
    bytes: 8,
    read: ({ view, at, littleEndian }) => view.getBigUint64(at, littleEndian),
    write: ({ view, at, littleEndian }, value = 0n, name) =>
      view.setBigUint64(at, checkBigint(value as bigint, 64, name), littleEndian),
  },
  b32: {
    bytes: 4,
    read: ({ view, at, littleEndian }) => BigInt(view.getUint32(at, littleEndian)),
    write: ({ view, at, littleEndian }, value = 0n, name) =>
      view.setUint32(at, Number(checkBigint(value as bigint, 32, name)), littleEndian),
  },
  b16: {
    bytes: 2,
    read: ({ view, at, littleEndian }) => BigInt(view.getUint16(at, littleEndian)),
    write: ({ view, at, littleEndian }, value = 0n, name) =>
      view.setUint16(at, Number(checkBigint(value as bigint, 16, name)), littleEndian),
  },
  u32: {
    bytes: 4,
    read: ({ view, at, littleEndian }) => view.getUint32(at, littleEndian),
    write: ({ view, at, littleEndian }, value = 0, name) =>
      view.setUint32(at, checkNumber(value as number, 32, name), littleEndian),
  },
  u8: {
    bytes: 1,
    read: ({ view, at }) => view.getUint8(at),
    write: ({ view, at }, value = 0, name) => view.setUint8(at, checkNumber(value as number, 8, name)),
  },
  bool: {
    bytes: 1,
    read: ({ view, at }) => [false, true][view.getUint8(at)],
    write: ({ view, at }, value) => view.setUint8(at, value ? 1 : 0),
  },
  hash: bytesOf(32),
  address: bytesOf(20),
}

function bytesOf(bytes: number): FieldType {
  return {
    bytes,
    read: ({ data, at }) => data.subarray(at, at + bytes),
    write: ({ data, at }, value = NO_BYTES, name) => {
      const { length } = value as Uint8Array
      if (length !== 0 && length !== bytes) {
        throw new RangeError(`${name} of ${length} bytes, expected ${bytes} (or none for zeros)`)
      }
      data.set(value as Uint8Array, at)
    },
  }
}
