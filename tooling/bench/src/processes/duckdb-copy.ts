/** Copies Parquet files by DuckDB, one after the other, each to `<file>.copy`; answers with ms. */
import { DuckDBInstance } from '@duckdb/node-api'
import { answerQuestions } from '../harness/process.ts'

export interface DuckdbCopyQuestion {
  readonly files: readonly string[]
}

const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()

answerQuestions(async ({ files }: DuckdbCopyQuestion): Promise<number> => {
  const start = performance.now()
  for (const file of files) {
    const options = '(FORMAT parquet, COMPRESSION snappy)'
    await connection.run(`COPY (SELECT * FROM read_parquet('${file}')) TO '${file}.copy' ${options}`)
  }
  return performance.now() - start
})
