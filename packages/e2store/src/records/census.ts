import type { ByteSource } from '../io/byte-source.ts'
import { type IterateOptions, RecordCursor } from './iterate.ts'
import type { RecordHeader } from './record.ts'
import { isVendorType, recordTypeHex, recordTypeName } from './record-type.ts'

/** The records of one type in a file. */
export interface TypeCount {
  readonly type: number
  /** The two bytes of the type in hex, as specifications write it. */
  readonly hex: string
  /** The type's name, if it is a known one. */
  readonly name?: string
  /** Whether the type is an application's own. */
  readonly vendor: boolean
  readonly records: number
  /** Bytes of data, without headers. */
  readonly bytes: number
}

/** Counts records by type, including unknown types. */
export class Census {
  readonly #counts = new Map<number, { records: number; bytes: number }>()

  add({ type, length }: Pick<RecordHeader, 'type' | 'length'>): void {
    const count = this.#counts.get(type)
    if (count) {
      count.records++
      count.bytes += length
    } else {
      this.#counts.set(type, { records: 1, bytes: length })
    }
  }

  /** All types found, in order of first occurrence. */
  types(): TypeCount[] {
    return Array.from(this.#counts, ([type, count]) => {
      const name = recordTypeName(type)
      return { type, hex: recordTypeHex(type), ...(name && { name }), vendor: isVendorType(type), ...count }
    })
  }

  /** The types found that are unknown. */
  unknown(): TypeCount[] {
    return this.types().filter(({ name }) => name === undefined)
  }
}

/** Count the records of a whole file by type; unknown types are counted, not an error. Reads headers only. */
export async function takeCensus(source: ByteSource, options: IterateOptions = {}): Promise<Census> {
  const census = new Census()
  const cursor = new RecordCursor(source, options)
  while (await cursor.fill({ headerOnly: true })) {
    for (let header = cursor.takeHeader(); header; header = cursor.takeHeader()) census.add(header)
  }
  return census
}
