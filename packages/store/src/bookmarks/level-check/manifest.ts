// Part of the index's thread: nothing from other packages of the workspace may be imported here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ByteReader, LevelDamage } from './bytes.ts'
import { readRecords } from './records.ts'

/** A table that is in use. */
export interface Table {
  readonly number: number
  readonly level: number
  /** Length of its file. */
  readonly bytes: number
  /** First and last key, without what LevelDB puts after them. */
  readonly smallest: Uint8Array
  readonly largest: Uint8Array
}

/** The files that LevelDB uses, by its manifest. */
export interface Manifest {
  readonly tables: ReadonlyMap<number, Table>
  /** Journals of a lower number are no longer in use. */
  readonly firstJournal: number
}

/** Fields of an edit, by their tags. */
const [COMPARATOR, JOURNAL, NEXT_FILE, LAST_SEQUENCE, COMPACT_POINTER, REMOVED, ADDED, PREVIOUS_JOURNAL] = [
  1, 2, 3, 4, 5, 6, 7, 9,
]
/** After every key: its sequence number and kind. */
const KEY_TAIL_BYTES = 8

/**
 * Read the manifest of a LevelDB, which may be open.
 *
 * @param isClosed whether it is not being written, so that it has to be whole to its end
 * @throws {LevelDamage} @throws the system's error
 */
export function readManifest(folder: string, isClosed: boolean): Manifest {
  const name = /^(MANIFEST-\d{6,})\n$/.exec(Buffer.from(read(folder, 'CURRENT')).toString('latin1'))?.[1]
  if (name === undefined) throw new LevelDamage('CURRENT names no manifest')
  const bytes = read(folder, name)
  const { records, end } = readRecords(bytes)
  if (records.length === 0) throw new LevelDamage(`${name} is empty`)
  if (isClosed && end !== bytes.length) throw new LevelDamage(`${name} is not whole after ${end}`)
  const tables = new Map<number, Table>()
  let firstJournal = 0
  for (const record of records) firstJournal = applyEdit(record, tables) ?? firstJournal
  return { tables, firstJournal }
}

function read(folder: string, name: string): Uint8Array {
  try {
    return readFileSync(join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new LevelDamage(`${name} is not there`)
    throw error
  }
}

/** The number of the first journal in use, if the edit contains it. */
function applyEdit(record: Uint8Array, tables: Map<number, Table>): number | undefined {
  const reader = new ByteReader(record)
  let firstJournal: number | undefined
  while (reader.left > 0) {
    const tag = reader.varint()
    switch (tag) {
      case COMPARATOR:
        reader.counted()
        break
      case JOURNAL:
        firstJournal = reader.varint()
        break
      case NEXT_FILE:
      case LAST_SEQUENCE:
      case PREVIOUS_JOURNAL:
        reader.varint()
        break
      case COMPACT_POINTER:
        reader.varint()
        reader.counted()
        break
      case REMOVED:
        reader.varint()
        tables.delete(reader.varint())
        break
      case ADDED: {
        const [level, number, bytes] = [reader.varint(), reader.varint(), reader.varint()]
        const [smallest, largest] = [userKey(reader.counted()), userKey(reader.counted())]
        tables.set(number, { number, level, bytes, smallest, largest })
        break
      }
      default:
        throw new LevelDamage(`a manifest with field ${tag}`)
    }
  }
  return firstJournal
}

export function userKey(key: Uint8Array): Uint8Array {
  if (key.length < KEY_TAIL_BYTES) throw new LevelDamage(`a key of ${key.length} bytes`)
  return key.subarray(0, key.length - KEY_TAIL_BYTES)
}
