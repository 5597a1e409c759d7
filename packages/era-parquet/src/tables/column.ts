import type { SchemaElement } from 'hyparquet'

/**
 * What a column holds. `string`: text, bytes as `0x` and lower-case hex. `integer`: 64 bits, signed. `decimal`: an
 * integer of at most 38 digits. `timestamp`: milliseconds since 1970. `strings`: a list of `string`.
 */
export type ColumnKind = 'string' | 'integer' | 'decimal' | 'timestamp' | 'strings'

export type ColumnValue = string | bigint | readonly string[] | undefined

/** A column of a table; where it can be absent, `value` gives `undefined`. */
export interface Column<Row> {
  readonly name: string
  readonly kind: ColumnKind
  /** Whether it can be absent (default false). */
  readonly optional?: boolean
  value(row: Row): ColumnValue
}

const DECIMAL_BYTES = 16
/** Digits of a decimal. */
export const DECIMAL_DIGITS = 38

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const

/** A column in the schema of a Parquet file. */
function schemaOf({ name, kind, optional = false }: Column<never>): readonly SchemaElement[] {
  const repetition_type = optional ? 'OPTIONAL' : 'REQUIRED'
  switch (kind) {
    case 'string':
      return [{ name, repetition_type, ...TEXT }]
    case 'integer':
      return [{ name, repetition_type, type: 'INT64' }]
    case 'timestamp':
      return [{ name, repetition_type, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' }]
    case 'decimal': {
      const type = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: DECIMAL_BYTES } as const
      return [{ name, repetition_type, ...type, converted_type: 'DECIMAL', scale: 0, precision: DECIMAL_DIGITS }]
    }
    case 'strings':
      return [
        { name, repetition_type, converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', repetition_type: 'REQUIRED', ...TEXT },
      ]
  }
}

/** The schema of a Parquet file with these columns. */
export function parquetSchema(columns: readonly Column<never>[]): SchemaElement[] {
  return [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(schemaOf)]
}
