import { E2FormatError, VerificationError } from '../../errors.ts'
import { isIndexType } from '../../index-records/end-of-file.ts'
import { Census, type TypeCount } from '../../records/census.ts'
import { RecordCursor } from '../../records/iterate.ts'
import { RECORD_HEADER_BYTES, type RecordHeader } from '../../records/record.ts'
import { describeType, RecordType } from '../../records/record-type.ts'
import type { BlockArchive } from '../archive/archive.ts'
import { type Layout, typeInLayout } from '../archive/layout.ts'
import type { Row } from '../archive/row-reader.ts'
import { explainStructure } from './explain-structure.ts'

/**
 * Checks the structure of an archive while its blocks are read.
 *
 * As long as the records of each block directly follow those of the block before, from the Version record on, nothing
 * else can be wrong. Where they do not, all records of the file are checked before that block is decoded.
 *
 * @see docs/spec/e2store-execution.md §11.1
 */
export class StructureCheck {
  readonly #archive: BlockArchive
  /** Where the records of the next block must begin; `undefined` where the records of a block are not consecutive. */
  #next: number | undefined
  #unknown: readonly TypeCount[] | undefined

  constructor(archive: BlockArchive) {
    this.#archive = archive
    this.#next = archive.layout.rowwise ? RECORD_HEADER_BYTES : undefined
  }

  /** Check the records of the next block; a promise must be awaited. Throws as {@link checkStructure}. */
  before(row: Row): Promise<void> | undefined {
    if (this.#unknown !== undefined) return undefined
    if (row[0]?.position !== this.#next) return this.walk()
    this.#next = row.at(-1)?.end
    return undefined
  }

  /** Check all records now. Throws as {@link checkStructure}. */
  async walk(): Promise<void> {
    this.#unknown ??= await checkStructure(this.#archive)
  }

  /** Check what follows the last block; returns the records of unknown types. Throws as {@link checkStructure}. */
  async finish(): Promise<readonly TypeCount[]> {
    const { accumulator, indexPosition } = this.#archive.layout
    if (this.#next !== (accumulator?.position ?? indexPosition)) await this.walk()
    return this.#unknown ?? []
  }
}

/**
 * Check all records of an archive: they are in the order of the format, and the index points at exactly those.
 *
 * @returns the records of unknown types
 * @throws {E2FormatError} at step `walk`, where records are incomplete or malformed
 * @throws {VerificationError} `WRONG_ORDER`, `WRONG_COUNT`
 * @see docs/spec/e2store-execution.md §11.1
 */
async function checkStructure(archive: BlockArchive): Promise<TypeCount[]> {
  try {
    return await walkRecords(archive)
  } catch (error) {
    throw await explainStructure(archive, error)
  }
}

async function walkRecords({ source, layout, options }: BlockArchive): Promise<TypeCount[]> {
  const { maxRecordBytes, legacyLength48 } = options
  const census = new Census()
  const grammar = new Grammar(layout)
  const cursor = new RecordCursor(source, {
    step: 'walk',
    ...(maxRecordBytes !== undefined && { maxRecordBytes }),
    ...(legacyLength48 !== undefined && { legacyLength48 }),
  })
  while (await cursor.fill({ headerOnly: true })) {
    for (let record = cursor.takeHeader(); record; record = cursor.takeHeader()) {
      census.add(record)
      grammar.accept(record)
    }
  }
  grammar.end(source.size)
  return census.unknown()
}

/** Which record may come next, and whether the index points at it. */
class Grammar {
  readonly #layout: Layout
  readonly #columnOfType: ReadonlyMap<number, number>
  /** Records seen of each column. */
  readonly #seen: number[]
  /** The column of the last record; greater than all of them after a record of another type. */
  #column = -1

  constructor(layout: Layout) {
    this.#layout = layout
    this.#columnOfType = new Map(layout.columns.map((name, column) => [typeInLayout(layout, name), column]))
    this.#seen = layout.columns.map(() => 0)
  }

  accept(record: RecordHeader): void {
    if (isIndexType(record.type) && record.position !== this.#layout.indexPosition) {
      throw this.#misplaced(record, 'a second index: ')
    }
    const column = this.#columnOfType.get(record.type)
    if (column !== undefined) {
      this.#acceptColumn(column, record)
    } else if (record.type === RecordType.Accumulator) {
      if (record.position !== this.#layout.accumulator?.position) throw this.#misplaced(record)
    } else if (record.type === RecordType.Version && record.position > 0) {
      throw this.#misplaced(record, 'files that were joined: ')
    } else if (record.type !== RecordType.Version && record.type !== RecordType.Empty) {
      if (this.#seen.some((seen) => seen < this.#layout.count)) throw this.#misplaced(record)
      this.#column = this.#seen.length
    }
  }

  end(size: number): void {
    for (const [column, seen] of this.#seen.entries()) {
      if (seen === this.#layout.count) continue
      const message = `${seen} records of the column ${this.#layout.columns[column]}, the index has ${this.#layout.count}`
      throw new VerificationError('WRONG_COUNT', message, size)
    }
  }

  #acceptColumn(column: number, record: RecordHeader): void {
    const { count, rowwise } = this.#layout
    const index = this.#seen[column] as number
    const fits = rowwise ? column === (this.#column + 1) % this.#seen.length : column === this.#column || index === 0
    if (!fits || this.#column === this.#seen.length) throw this.#misplaced(record)
    if (index >= count) {
      throw new VerificationError('WRONG_COUNT', `more records than the ${count} blocks of the index`, record.position)
    }
    if (column === 0 || !rowwise) this.#checkTarget(index, column, record.position)
    this.#column = column
    this.#seen[column] = index + 1
  }

  #checkTarget(index: number, column: number, position: number): void {
    const target = this.#layout.target(index, column)
    if (target === position) return
    const at = this.#layout.entryPosition(index, column)
    const message = `index entry ${index} points at ${target}, the record is at ${position}`
    throw new VerificationError('WRONG_ORDER', message, at)
  }

  #misplaced({ type, position }: RecordHeader, why = ''): E2FormatError {
    const message = `${why}${describeType(type)} record out of place`
    return new E2FormatError('UNEXPECTED_TYPE', message, position, 'verify')
  }
}
