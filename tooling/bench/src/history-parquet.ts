import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { duration, fixed } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import { runE2store } from './history/command.ts'
import { madeHistory } from './history-data.ts'
import type { DuckdbCopyQuestion } from './processes/duckdb-copy.ts'

const MOST_ROUNDS = 3

export const historyParquet: Benchmark = {
  name: 'history-parquet',
  title: 'Writing Parquet',
  document: 'benchmarks-e2store.md',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const made = await madeHistory(context)
  const out = join(context.folder, 'out')
  const rounds = Math.min(context.rounds, MOST_ROUNDS)
  await using duckdb = await BenchProcess.start('duckdb-copy.ts')
  const samples = await alternate(
    {
      ours: async () => {
        rmSync(out, { recursive: true, force: true })
        return await runE2store('export-parquet', made.busy, out)
      },
      copy: async () => {
        if (!existsSync(out)) await runE2store('export-parquet', made.busy, out)
        return await duckdb.ask<number>({ files: parquetIn(out) } satisfies DuckdbCopyQuestion)
      },
    },
    { ...context, rounds },
  )
  const input = made.busyBytes / 1e6
  const output = parquetIn(out).reduce((sum, path) => sum + statSync(path).size / 1e6, 0)
  const rate =
    (mb: number) =>
    (ms: number): number =>
      (mb * 1000) / ms
  const { ours, copy } = samples
  return [
    {
      title: `\`datastreamer e2store export-parquet\` of ${made.busyBlocks} busy blocks, all tables`,
      columns: ['who', 'time', 'MB/s of the file', 'MB/s of Parquet', 'time, ratio to DuckDB'],
      rows: [
        [
          ...['the command', spread(summarize(ours), duration)],
          ...[input, output].map((mb) => spread(summarize(ours.map(rate(mb))), fixed(1))),
          spread(ratios(ours, copy), fixed(1)),
        ],
        [
          'DuckDB, a copy of the tables',
          spread(summarize(copy), duration),
          '',
          spread(summarize(copy.map(rate(output))), fixed(1)),
        ],
      ],
      note:
        `A file of ${fixed(1)(input)} MB gives ${fixed(1)(output)} MB. The command reads, verifies and decodes blocks, ` +
        'recovers senders and starts Node; DuckDB reads the Parquet files that it wrote and writes them again, in one ' +
        `thread, in a process that runs already. ${rounds} rounds.`,
    },
  ]
}

/** The Parquet files that were written. */
function parquetIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.parquet')).map((name) => join(folder, name))
}
