import { linkSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration } from './harness/format.ts'
import { MEMORY_COLUMNS, MemoryWatch, memoryRow } from './harness/memory.ts'
import { BenchProcess } from './harness/process.ts'
import { runE2store, ServeProcess } from './history/command.ts'
import { ERA_BLOCKS, type MadeFile } from './history/made-up-file.ts'
import { paramsOf, SEARCHES } from './history/queries.ts'
import { madeHistory, makeFiles } from './history-data.ts'
import type { AskAnswer, AskQuestion } from './processes/ask-rpc.ts'

const FILES = { usual: [10, 100, 1000, 3000], quick: [3, 100] }
const SMALL_BLOCKS = 16
const CONNECTIONS = 8

export const historyMemory: Benchmark = {
  name: 'history-memory',
  title: 'Memory of a server of many files',
  document: 'benchmarks-e2store.md',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const made = await madeHistory(context)
  const sizes = context.quick ? FILES.quick : FILES.usual
  const small = join(context.folder, 'small')
  mkdirSync(small)
  await makeFiles(smallFiles(small, made.files, Math.max(...sizes) - made.files))
  await runE2store('index', '--full', small)
  const rows: string[][] = []
  for (const files of sizes) rows.push(await row(context, files, [made.folder, small], made.files))
  const ms = timeOf(context)
  return [
    {
      title: `Resident memory of \`datastreamer e2store serve\`, ${duration(ms)} of calls on ${CONNECTIONS} connections`,
      columns: ['files', ...MEMORY_COLUMNS.slice(1), 'start took', 'calls'],
      rows,
      note:
        `The first ${made.files} files are those of the other tables, of ${count(ERA_BLOCKS)} blocks each; the others ` +
        `have ${SMALL_BLOCKS}. Calls, in turn: random blocks with hashes and with whole transactions, receipts, and ` +
        'the logs of an address over the blocks of the first ten files (or all, of fewer).',
    },
  ]
}

function timeOf({ quick }: BenchContext): number {
  return quick ? 3000 : 10_000
}

function smallFiles(folder: string, from: number, files: number): MadeFile[] {
  return Array.from({ length: Math.max(0, files) }, (_, i) => {
    return { folder, era: from + i, blocks: SMALL_BLOCKS, transactions: 3 }
  })
}

async function row(
  context: BenchContext,
  files: number,
  from: readonly string[],
  wholeFiles: number,
): Promise<string[]> {
  const folder = join(context.folder, `files-${files}`)
  mkdirSync(folder)
  // A file and its sidecar.
  const paths = from.flatMap((each) => readdirSync(each).map((name) => [join(each, name), name] as const))
  for (const [path, name] of paths.slice(0, 2 * files)) linkSync(path, join(folder, name))
  const blocks = numbersIn(folder, wholeFiles)
  const before = performance.now()
  await using server = await ServeProcess.start(folder)
  const startMs = performance.now() - before
  await using client = await BenchProcess.start('ask-rpc.ts')
  using watch = new MemoryWatch([server.pid])
  const last = Math.min(10, files, wholeFiles) * ERA_BLOCKS - 1
  const question: AskQuestion = {
    ...{ port: server.port, connections: CONNECTIONS, blocks, seed: files, ms: timeOf(context) },
    calls: [...CALLS, { method: 'eth_getLogs', params: SEARCHES[0] ? paramsOf(SEARCHES[0], 0, last) : '' }],
  }
  const { calls } = await client.ask<AskAnswer>(question)
  const row = [...memoryRow(String(files), watch.uses[0]), duration(startMs), count(calls)]
  context.log(row.join(' | '))
  return row
}

const CALLS: readonly { readonly method: string; readonly params: string }[] = [
  { method: 'eth_getBlockByNumber', params: '["$N",false]' },
  { method: 'eth_getBlockByNumber', params: '["$N",true]' },
  { method: 'eth_getBlockReceipts', params: '["$N"]' },
  { method: 'eth_getBlockByNumber', params: '["$N",false]' },
  { method: 'eth_getBlockByNumber', params: '["$N",true]' },
  { method: 'eth_getBlockReceipts', params: '["$N"]' },
  { method: 'eth_getBlockTransactionCountByNumber', params: '["$N"]' },
]

/** Blocks of files: all of small ones, of the others every 32nd. */
function numbersIn(folder: string, wholeFiles: number): number[] {
  const eras = readdirSync(folder).flatMap((name) => (name.endsWith('.idx') ? [] : [Number(name.split('-')[1])]))
  return eras.flatMap((era) => {
    const [count, step] = era < wholeFiles ? [ERA_BLOCKS / 32, 32] : [SMALL_BLOCKS, 1]
    return Array.from({ length: count }, (_, i) => era * ERA_BLOCKS + step * i)
  })
}
