import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet'

/** Whether a file is a whole Parquet file with this metadata and these columns. */
export async function isWritten(
  path: string,
  metadata: Readonly<Record<string, string>>,
  columns: readonly string[],
): Promise<boolean> {
  try {
    const { key_value_metadata: found = [], schema } = await parquetMetadataAsync(await asyncBufferFromFile(path))
    const values = new Map(found.map(({ key, value }) => [key, value]))
    const topLevel = columnsOf(schema)
    const sameColumns = topLevel.length === columns.length && topLevel.every((name, i) => name === columns[i])
    return sameColumns && Object.entries(metadata).every(([key, value]) => values.get(key) === value)
  } catch {
    // Absent, or not a Parquet file: it is written.
    return false
  }
}

interface Element {
  readonly name: string
  readonly num_children?: number | undefined
}

/** The names of a schema's columns, without what is nested in them. */
function columnsOf(schema: readonly Element[]): readonly string[] {
  const names: string[] = []
  const skip = (at: number): number => {
    let next = at + 1
    for (let i = 0; i < (schema[at]?.num_children ?? 0); i++) next = skip(next)
    return next
  }
  for (let at = 1; at < schema.length; at = skip(at)) names.push(schema[at]?.name ?? '')
  return names
}
