// Part of the index's thread: nothing from other packages of the workspace may be imported here.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { ByteReader, compareKeys, LevelDamage, u32 } from './bytes.ts'
import { crc32c, masked } from './crc32c.ts'
import { type Table, userKey } from './manifest.ts'
import { unsnap } from './snappy.ts'

const FOOTER_BYTES = 48
/** The last 8 bytes of every table. */
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]
/** After every block: `compression u8 | crc u32`. */
const TRAILER_BYTES = 5
const SNAPPY = 1

/** Position and length of a block. */
interface Handle {
  readonly offset: number
  readonly bytes: number
}

/** One block of a table, and the last key that may be in it. */
interface IndexEntry {
  readonly key: Uint8Array
  readonly handle: Handle
}

/**
 * Check that a table is what was written. LevelDB itself compares no checksums when it reads, and uses what it reads as
 * lengths and positions.
 *
 * @returns false if its file does not exist
 * @throws {LevelDamage} @throws the system's error
 */
export function checkTable(folder: string, table: Table): boolean {
  return (
    withTable(folder, table, (file) => {
      file.checkLength()
      for (const { handle } of file.blocks()) file.block(handle)
    }) !== undefined
  )
}

/** What is known of a table since its file was last read. */
interface Known {
  /** The file's length and times. */
  readonly state: string
  /** When it was read, in milliseconds. */
  readonly at: number
  readonly blocks: readonly IndexEntry[]
}

/** Longest time for which the index of a table is not read again, if the file was not modified. */
const KNOWN_MS = 10_000
const MAX_KNOWN = 64

/** Checks what LevelDB reads of tables to find keys. */
export class TableSearch {
  readonly #folder: string
  /** Oldest first. */
  readonly #known = new Map<number, Known>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Check what is read to find a key. @returns false if the table's file does not exist @throws as `checkTable` */
  check(table: Table, key: Uint8Array): boolean {
    return withTable(this.#folder, table, (file) => this.#checkIn(file, table, key)) !== undefined
  }

  #checkIn(file: TableFile, table: Table, key: Uint8Array): void {
    const state = file.checkLength()
    let known = this.#known.get(table.number)
    if (known === undefined || known.state !== state || known.at < performance.now() - KNOWN_MS) {
      this.#known.delete(table.number)
      known = { state, at: performance.now(), blocks: file.blocks() }
      this.#known.set(table.number, known)
      for (const oldest of this.#known.keys()) if (this.#known.size > MAX_KNOWN) this.#known.delete(oldest)
    }
    const entry = known.blocks.find((block) => compareKeys(userKey(block.key), key) >= 0)
    if (entry !== undefined) file.block(entry.handle)
  }
}

/** Do something with a table's file; `undefined` if it does not exist. */
function withTable(folder: string, table: Table, work: (file: TableFile) => void): true | undefined {
  const fd = openTable(folder, table.number)
  if (fd === undefined) return undefined
  try {
    work(new TableFile(fd, table))
    return true
  } finally {
    closeSync(fd)
  }
}

/** Whether the file of a table exists and has its length. @throws as `checkTable` */
export function hasTable(folder: string, table: Table): boolean {
  return withTable(folder, table, (file) => void file.checkLength()) !== undefined
}

function openTable(folder: string, number: number): number | undefined {
  for (const extension of ['ldb', 'sst']) {
    try {
      return openSync(join(folder, `${String(number).padStart(6, '0')}.${extension}`), 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return undefined
}

class TableFile {
  readonly #fd: number
  readonly #table: Table

  constructor(fd: number, table: Table) {
    this.#fd = fd
    this.#table = table
  }

  /** A value that changes when the file is modified. */
  checkLength(): string {
    const { size, mtimeNs, ctimeNs } = fstatSync(this.#fd, { bigint: true })
    if (Number(size) !== this.#table.bytes) throw this.#damage(`has ${size} bytes, expected ${this.#table.bytes}`)
    return `${size} ${mtimeNs} ${ctimeNs}`
  }

  /** The positions of the blocks, after everything that follows them was checked. */
  blocks(): readonly IndexEntry[] {
    const { bytes } = this.#table
    const footer = this.#read({ offset: bytes - FOOTER_BYTES, bytes: FOOTER_BYTES })
    if (!MAGIC.every((byte, i) => byte === footer[FOOTER_BYTES - MAGIC.length + i])) throw this.#damage('has no footer')
    const handles = new ByteReader(footer)
    const [metaHandle, indexHandle] = [handleOf(handles), handleOf(handles)]
    for (const { handle } of blockEntries(this.block(metaHandle))) this.block(handle)
    return blockEntries(this.block(indexHandle))
  }

  /** The content of a block that matches its checksum. */
  block(handle: Handle): Uint8Array {
    const { offset, bytes: length } = handle
    if (offset + length + TRAILER_BYTES > this.#table.bytes) throw this.#damage(`names a block beyond its end`)
    const bytes = this.#read({ offset, bytes: length + TRAILER_BYTES })
    if (u32(bytes, length + 1) !== masked(crc32c(bytes.subarray(0, length + 1)))) {
      throw this.#damage(`the block at ${offset} does not match its checksum`)
    }
    const content = bytes.subarray(0, length)
    return bytes[length] === SNAPPY ? unsnap(content) : content
  }

  #read({ offset, bytes }: Handle): Uint8Array {
    const into = new Uint8Array(Math.max(0, bytes))
    if (offset < 0 || readSync(this.#fd, into, 0, into.length, offset) !== into.length) throw this.#damage('is cut off')
    return into
  }

  #damage(what: string): LevelDamage {
    return new LevelDamage(`table ${this.#table.number}: ${what}`)
  }
}

function handleOf(reader: ByteReader): Handle {
  return { offset: reader.varint(), bytes: reader.varint() }
}

/** The entries of an index block: each key shares a prefix with the one before. */
function blockEntries(block: Uint8Array): IndexEntry[] {
  const restarts = block.length < 4 ? 0 : u32(block, block.length - 4)
  const end = block.length - 4 * (restarts + 1)
  if (end < 0) throw new LevelDamage('a block without an end')
  const reader = new ByteReader(block.subarray(0, end))
  const entries: IndexEntry[] = []
  let before: Uint8Array = new Uint8Array()
  while (reader.left > 0) {
    const [shared, own, length] = [reader.varint(), reader.varint(), reader.varint()]
    if (shared > before.length) throw new LevelDamage('a key shares more than there is')
    const key = new Uint8Array(shared + own)
    key.set(before.subarray(0, shared))
    key.set(reader.take(own), shared)
    entries.push({ key, handle: handleOf(new ByteReader(reader.take(length))) })
    before = key
  }
  return entries
}
