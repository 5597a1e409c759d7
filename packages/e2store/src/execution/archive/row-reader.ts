import { E2FormatError } from '../../errors.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { type E2Record, RECORD_HEADER_BYTES, type RecordOptions } from '../../records/record.ts'
import { RecordWindow, type WindowOptions } from '../../records/window.ts'
import { type Column, checkType, type Layout } from './layout.ts'

/** The records of one block by the index of their column; columns that are not read are absent. */
export type Row = (E2Record | undefined)[]

export interface RowOptions {
  /** Columns to read. The header is always read. */
  readonly columns: readonly Column[]
  /** Bytes read at once, in each column that has a window of its own (default: no more than the row takes). */
  readonly windowBytes?: number
}

/** How the records of an archive are read: they are before its index. */
export function rowWindow(
  { indexPosition }: Layout,
  { maxRecordBytes, legacyLength48 }: Pick<RecordOptions, 'maxRecordBytes' | 'legacyLength48'>,
): WindowOptions {
  return {
    ...{ end: indexPosition, step: 'read' },
    ...(maxRecordBytes !== undefined && { maxRecordBytes }),
    ...(legacyLength48 !== undefined && { legacyLength48 }),
  }
}

/** Most bytes read at once of a row, whatever the index says of its size. */
const MAX_ROW_BYTES = 1_048_576
/** Bytes read at once where the size of a record is not known yet. */
const GUESS_BYTES = 4096

/**
 * Reads the records of blocks, which the index points at or which follow the record before.
 *
 * There is one window where the records of a block are consecutive, otherwise one for each column.
 */
export class RowReader {
  readonly #source: ByteSource
  readonly #layout: Layout
  readonly #windows: readonly RecordWindow[]
  readonly #windowBytes: number
  /** For each column up to the last that is wanted, whether it is wanted. */
  readonly #wanted: readonly boolean[]
  /** The first record that {@link take} did not find in memory. */
  #missing = { column: 0, position: 0 }

  /** @param window by {@link rowWindow}; rows are valid until the next {@link read} only if it reads ahead */
  constructor(source: ByteSource, layout: Layout, window: WindowOptions, { columns, windowBytes = 0 }: RowOptions) {
    this.#source = source
    this.#layout = layout
    this.#windowBytes = windowBytes
    const wanted = layout.columns.map((name, column) => column === 0 || columns.includes(name))
    this.#wanted = wanted.slice(0, wanted.lastIndexOf(true) + 1)
    this.#windows = layout.rowwise
      ? [new RecordWindow(source, window)]
      : this.#wanted.map(() => new RecordWindow(source, window))
  }

  /** The records of a block, or `undefined` if not all of them are in memory: then {@link read}. */
  take(index: number): Row | undefined {
    const { rowwise, columns } = this.#layout
    const row: Row = new Array(this.#wanted.length)
    let position = 0
    for (let column = 0; column < this.#wanted.length; column++) {
      const wanted = this.#wanted[column] as boolean
      if (!wanted && !rowwise) continue
      if (column === 0 || !rowwise) position = this.#layout.target(index, column)
      const record = this.#window(column).record(position)
      if (record === undefined) {
        this.#missing = { column, position }
        return undefined
      }
      checkType(this.#layout, columns[column] as Column, record.type, position)
      if (wanted) row[column] = record
      position = record.end
    }
    return row
  }

  /** The records of a block, reading those that are not in memory. */
  async read(index: number): Promise<Row> {
    if (this.#windowBytes === 0) this.#announce(index)
    for (;;) {
      const row = this.take(index)
      if (row !== undefined) return row
      const waiting = this.#load(index)
      if (waiting !== undefined) await waiting
    }
  }

  /** Load what {@link take} missed. A row whose records follow each other is loaded from its first record on. */
  #load(index: number): Promise<void> | undefined {
    const { column, position } = this.#missing
    const window = this.#window(column)
    const start = this.#layout.rowwise ? this.#layout.target(index, 0) : position
    const missing = window.missing(position)
    const isUnknown = missing === RECORD_HEADER_BYTES
    const needed = position - start + (isUnknown ? GUESS_BYTES : missing)
    const bytes = isUnknown && position === start ? this.#bytesOf(index, column) : needed
    return window.load(start, Math.max(bytes, this.#windowBytes))
  }

  /** Let the source request the records of a row together, where they are apart. */
  #announce(index: number): void {
    const { rowwise, target } = this.#layout
    if (rowwise || this.#source.willRead === undefined) return
    try {
      const columns = this.#wanted.flatMap((wanted, column) => (wanted ? [column] : []))
      this.#source.willRead(
        columns.map((column) => ({ position: target(index, column), length: this.#bytesOf(index, column) })),
      )
    } catch (error) {
      // Reported where that record is read.
      if (!(error instanceof E2FormatError)) throw error
    }
  }

  /** Bytes of a row, or of a record of a column of its own, as far as the index shows. Only a hint: it may be wrong. */
  #bytesOf(index: number, column: number): number {
    const { rowwise, columns, target } = this.#layout
    // Of a file, a part of the row may be little; another request costs more than the rest of the row.
    const isPart = this.#wanted.length === 1 || this.#source.willRead === undefined
    if (rowwise && isPart && this.#wanted.length < columns.length) return GUESS_BYTES
    try {
      const start = target(index, column)
      const bytes = this.#endAfter(index, column, start) - start
      return bytes < RECORD_HEADER_BYTES ? GUESS_BYTES : Math.min(bytes, MAX_ROW_BYTES)
    } catch (error) {
      if (error instanceof E2FormatError) return GUESS_BYTES
      throw error
    }
  }

  /** Where what begins at `start` has to end: where the next one begins, or the next column, or what follows all blocks. */
  #endAfter(index: number, column: number, start: number): number {
    const { rowwise, count, accumulator, indexPosition, columns, target } = this.#layout
    if (index + 1 < count) return target(index + 1, column)
    const end = rowwise ? indexPosition : (accumulator?.position ?? indexPosition)
    if (rowwise) return end
    const after = columns.map((_, each) => target(0, each)).filter((each) => each > start)
    return Math.min(end, ...after)
  }

  #window(column: number): RecordWindow {
    return this.#windows[this.#layout.rowwise ? 0 : column] as RecordWindow
  }
}
