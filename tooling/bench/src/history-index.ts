import { linkSync, mkdirSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { duration, fixed } from './harness/format.ts'
import { alternate } from './harness/rounds.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import { runE2store, runTimed } from './history/command.ts'
import { bytesIn, madeHistory } from './history-data.ts'

const FILES = 8
const MOST_ROUNDS = 3

export const historyIndex: Benchmark = {
  name: 'history-index',
  title: 'Building sidecar indexes',
  document: 'benchmarks-e2store.md',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const made = await madeHistory(context)
  const rounds = Math.min(context.rounds, MOST_ROUNDS)
  const usual = join(context.folder, 'usual')
  mkdirSync(usual)
  for (const name of readdirSync(made.bare).slice(0, FILES)) linkSync(join(made.bare, name), join(usual, name))
  const busy = join(context.folder, 'busy')
  mkdirSync(busy)
  for (const name of readdirSync(made.busy)) {
    if (!name.endsWith('.idx')) linkSync(join(made.busy, name), join(busy, name))
  }
  const folders = {
    [`${readdirSync(usual).length} files of the usual blocks`]: usual,
    [`a file of ${made.busyBlocks} busy blocks`]: busy,
  }
  const rows: string[][] = []
  for (const [what, folder] of Object.entries(folders)) rows.push(await row(context, rounds, what, folder))
  return [
    {
      title: `\`datastreamer e2store index --full\`: ${made.text}`,
      columns: ['of', 'MB', 'MB/s', 's a GB', 'of the files', 'MB/s of sha256sum', 'time, ratio to sha256sum'],
      rows,
      note:
        `Both of all files in as many processes or threads as there are processors, ${availableParallelism()}, from the ` +
        `system's cache; the start of Node included. Building reads each file twice: once for its checksum. ${rounds} rounds.`,
    },
  ]
}

async function row(context: BenchContext, rounds: number, what: string, folder: string): Promise<string[]> {
  const names = readdirSync(folder).map((name) => join(folder, name))
  const bytes = bytesIn(folder)
  const samples = await alternate(
    {
      index: () => runE2store('index', '--full', '--force', folder),
      sum: () => sha256sum(names),
    },
    { ...context, rounds },
  )
  const rate = (ms: number): number => bytes / 1000 / ms
  const share = (100 * (bytesIn(folder) - bytes)) / bytes
  return [
    ...[what, fixed(0)(bytes / 1e6), spread(summarize(samples.index.map(rate)), fixed(0))],
    ...[duration((summarize(samples.index).median * 1e9) / bytes), `${fixed(1)(share)} %`],
    ...[spread(summarize(samples.sum.map(rate)), fixed(0)), spread(ratios(samples.index, samples.sum), fixed(2))],
  ]
}

/** Of all files, a share of them in each of as many processes as there are processors; returns ms. */
async function sha256sum(paths: readonly string[]): Promise<number> {
  const processes = availableParallelism()
  const shares = Array.from({ length: processes }, (_, at) => paths.filter((_, i) => i % processes === at))
  const times = await Promise.all(shares.map((share) => (share.length === 0 ? 0 : runTimed('sha256sum', share))))
  return Math.max(...times)
}
