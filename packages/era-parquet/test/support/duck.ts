import { DuckDBInstance } from '@duckdb/node-api'

/** Asks DuckDB. */
export interface Duck extends AsyncDisposable {
  rows(sql: string): Promise<readonly Record<string, unknown>[]>
  /** The only row. */
  row(sql: string): Promise<Record<string, unknown>>
}

export async function openDuck(): Promise<Duck> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const rows = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
    (await connection.runAndReadAll(sql)).getRowObjectsJson()
  return {
    rows,
    async row(sql) {
      const all = await rows(sql)
      if (all.length !== 1 || !all[0]) throw new Error(`${all.length} rows`)
      return all[0]
    },
    async [Symbol.asyncDispose]() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
