import { E2FormatError } from '../../errors.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import type { Column, Layout } from './layout.ts'
import { type RegionOptions, scattered, sequential } from './record-access.ts'
import { type Row, RowReader } from './row-reader.ts'

/** Reads the rows of an archive in any order. Calls may overlap. */
export type ReadRow = (index: number, columns: readonly Column[]) => Promise<Row>

/** What is kept of reading blocks by number: 4 MiB at most. */
const KEPT_BYTES = 4_194_304
/** Pages of files that are kept whole: a quarter of this makes 1,000 blocks wait a fifth longer for all the reads. */
const PAGE_BYTES = 524_288
/** Read at once of a row at most, whatever the index says of it, and where not all of it is wanted. */
const MAX_ROW_BYTES = 1_048_576
const PART_BYTES = 4096

/**
 * How rows are read by their number.
 *
 * Of a large file just the row is read, and nothing is kept: pages that are kept for a while and then given up are
 * collected so late that keeping 4 MiB of them takes a multiple of that.
 *
 * @param pageBytes read pages of this size and keep them, however large the file is
 */
export function rowsByNumber(source: ByteSource, layout: Layout, options: RegionOptions, pageBytes?: number): ReadRow {
  const small = source.size <= KEPT_BYTES || source.peek !== undefined
  if (pageBytes === undefined && !small) return rowsAlone(source, layout, options)
  return rowsInPages(source, layout, options, pageBytes ?? PAGE_BYTES)
}

function rowsInPages(source: ByteSource, layout: Layout, options: RegionOptions, pageBytes: number): ReadRow {
  const pages = scattered(source, pageBytes, Math.ceil(KEPT_BYTES / pageBytes), options)
  const access = layout.columns.map(() => pages)
  return async (index, columns) => {
    const rows = new RowReader(layout, access, columns)
    return rows.peek(index) ?? rows.read(index)
  }
}

function rowsAlone(source: ByteSource, layout: Layout, options: RegionOptions): ReadRow {
  return (index, columns) => {
    const whole = layout.rowwise && columns.length === layout.columns.length
    const row = sequential(source, whole ? rowBytes(layout, index) : PART_BYTES, options)
    const access = layout.columns.map(() => row)
    return new RowReader(layout, access, columns).read(index)
  }
}

/** Bytes up to the next row: no more than a hint, for the index may be wrong. */
function rowBytes({ count, indexPosition, target }: Layout, index: number): number {
  try {
    const end = index + 1 < count ? target(index + 1, 0) : indexPosition
    return Math.min(end - target(index, 0), MAX_ROW_BYTES)
  } catch (error) {
    if (error instanceof E2FormatError) return PART_BYTES
    throw error
  }
}
