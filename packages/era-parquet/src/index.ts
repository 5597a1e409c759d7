export { EraParquetError, ExportError } from './errors.ts'
export {
  type ExportedFile,
  type ExportOptions,
  type ExportProgress,
  type ExportReport,
  exportParquet,
} from './export/export-parquet.ts'
export { type BlockRange, type EraPart, type ExportPlan, planExport } from './export/plan.ts'
export type { ColumnKind } from './tables/column.ts'
export { TABLE_NAMES, TABLES, type TableName } from './tables/table.ts'
