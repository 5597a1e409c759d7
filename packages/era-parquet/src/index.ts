export { ExportError } from './errors.ts'
export {
  type ExportedFile,
  type ExportOptions,
  type ExportProgress,
  type ExportReport,
  exportParquet,
} from './export/export-parquet.ts'
export type { BlockRange } from './export/plan.ts'
export type { ColumnKind } from './tables/column.ts'
export { type ColumnInfo, TABLE_NAMES, type TableName, tableColumns } from './tables/table.ts'
