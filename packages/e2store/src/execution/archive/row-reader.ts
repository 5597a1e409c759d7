import type { E2Record } from '../../records/record.ts'
import { type Column, checkType, type Layout } from './layout.ts'
import type { RecordAccess } from './record-access.ts'

/** The records of one block by the number of their column; columns that were not asked for are absent. */
export type Row = (E2Record | undefined)[]

/** Finds the records of blocks: through the index, or behind the record before. */
export class RowReader {
  readonly #layout: Layout
  readonly #access: readonly RecordAccess[]
  /** For each column up to the last that is wanted, whether it is. */
  readonly #wanted: readonly boolean[]

  /** @param access one for each column */
  constructor(layout: Layout, access: readonly RecordAccess[], columns: readonly Column[]) {
    this.#layout = layout
    this.#access = access
    const wanted = layout.columns.map((name, column) => column === 0 || columns.includes(name))
    this.#wanted = wanted.slice(0, wanted.lastIndexOf(true) + 1)
  }

  /** The records of a block, or `undefined` if not all of them are in memory. */
  peek(index: number): Row | undefined {
    const row: Row = new Array(this.#wanted.length)
    return this.#fill(index, row) === undefined ? row : undefined
  }

  /** The records of a block, waiting for those that are not in memory; what is read ahead begins with the first. */
  async read(index: number): Promise<Row> {
    const row: Row = []
    const given: Row = []
    if (this.#layout.rowwise) given[0] = await (this.#access[0] as RecordAccess).read(this.#layout.target(index, 0))
    for (let missing = this.#fill(index, row, given); missing !== undefined; missing = this.#fill(index, row, given)) {
      const { column, position } = missing
      given[column] = await (this.#access[column] as RecordAccess).read(position)
    }
    return row
  }

  /** Fill a row from records that are given or in memory; the first that is neither. */
  #fill(index: number, row: Row, given?: Row): { readonly column: number; readonly position: number } | undefined {
    const { rowwise, columns } = this.#layout
    let position = 0
    for (let column = 0; column < this.#wanted.length; column++) {
      const wanted = this.#wanted[column] as boolean
      if (!wanted && !rowwise) continue
      if (column === 0 || !rowwise) position = this.#layout.target(index, column)
      const record = given?.[column] ?? (this.#access[column] as RecordAccess).peek(position)
      if (record === undefined) return { column, position }
      checkType(this.#layout, columns[column] as Column, record.type, position)
      if (wanted) row[column] = record
      position = record.end
    }
    return undefined
  }
}
