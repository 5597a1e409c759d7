import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32c, masked } from '../../src/bookmarks/level-check/crc32c.ts'

// Files of a LevelDB that are made by hand: what LevelDB itself does not write when it is asked to.

const RECORD_HEAD_BYTES = 7
/** A fragment that is a whole record. */
const FULL = 1
const FOOTER_BYTES = 48
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]

export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}

function counted(bytes: Iterable<number>): number[] {
  return [...varint([...bytes].length), ...bytes]
}

/** A key as LevelDB stores it: with eight bytes of its own after it. */
function stored(key: Iterable<number>): number[] {
  return [...key, 1, 0, 0, 0, 0, 0, 0, 0]
}

/** A fragment of a record, as it lies in a journal or manifest. */
export function fragment(type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEAD_BYTES + data.length)
  bytes[6] = type
  bytes.set(data, RECORD_HEAD_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, masked(crc32c(bytes.subarray(6))), true)
  view.setUint16(4, data.length, true)
  return bytes
}

export interface MadeTable {
  readonly number: number
  readonly level: number
  readonly bytes: number
  readonly smallest: Uint8Array
  readonly largest: Uint8Array
}

/** Fields of a manifest. */
export const edit = {
  nextFile: (number: number): number[] => [3, ...varint(number)],
  compactPointer: (level: number, key: Uint8Array): number[] => [5, ...varint(level), ...counted(stored(key))],
  removed: (level: number, number: number): number[] => [6, ...varint(level), ...varint(number)],
  added: ({ level, number, bytes, smallest, largest }: MadeTable): number[] => [
    7,
    ...[level, number, bytes].flatMap(varint),
    ...[smallest, largest].flatMap((key) => counted(stored(key))),
  ],
}

/** One record of a manifest with some fields. */
export function editRecord(...fields: readonly (readonly number[])[]): Uint8Array {
  return fragment(FULL, Uint8Array.from(fields.flat()))
}

/** Make a folder's manifest anew, of some records. */
export function writeManifest(folder: string, ...records: readonly Uint8Array[]): void {
  writeFileSync(join(folder, 'CURRENT'), 'MANIFEST-000001\n')
  writeFileSync(join(folder, 'MANIFEST-000001'), Buffer.concat(records))
}

/** An entry of a block of handles: the key shares so many bytes with the one before. */
export function entry(shared: number, own: readonly number[], handle: readonly number[]): number[] {
  return [...varint(shared), ...varint(own.length), ...varint(handle.length), ...own, ...handle]
}

/** A block of handles without anything but its entries and their end. */
export function blockOf(...entries: readonly (readonly number[])[]): number[] {
  return [...entries.flat(), 0, 0, 0, 0, 1, 0, 0, 0]
}

/** An entry for a key of an index block, which shares nothing. */
export function indexEntry(key: readonly number[], handle: readonly number[]): number[] {
  return entry(0, stored(key), handle)
}

/** A table of blocks that lie one behind the other, each with its checksum. */
export class TableBytes {
  readonly #bytes: number[] = []

  /** Add a block; returns where it lies. */
  add(content: readonly number[]): number[] {
    const handle = [...varint(this.#bytes.length), ...varint(content.length)]
    const checked = Uint8Array.from([...content, 0])
    const sum = new Uint8Array(4)
    new DataView(sum.buffer).setUint32(0, masked(crc32c(checked)), true)
    this.#bytes.push(...checked, ...sum)
    return handle
  }

  /** The whole table, whose footer leads to two blocks. */
  end(metaHandle: readonly number[], indexHandle: readonly number[]): Uint8Array {
    const footer = [...metaHandle, ...indexHandle]
    const fill = new Array<number>(FOOTER_BYTES - footer.length - MAGIC.length).fill(0)
    return Uint8Array.from([...this.#bytes, ...footer, ...fill, ...MAGIC])
  }
}
