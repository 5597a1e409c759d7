import { linkSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration } from './harness/format.ts'
import { MEMORY_COLUMNS, MemoryWatch, memoryRow } from './harness/memory.ts'
import { BenchProcess } from './harness/process.ts'
import { runE2store, ServeProcess } from './history/command.ts'
import { ERA_BLOCKS, type MadeFile } from './history/made-up-file.ts'
import { FREQUENT_TOPIC, paramsOf, SEARCHES } from './history/queries.ts'
import { madeHistory, makeFiles, writeRoots } from './history-data.ts'
import type { AskAnswer, AskQuestion } from './processes/ask-rpc.ts'

const FILES = { usual: [10, 100, 1000, 2490], quick: [3, 100] }
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
  const smallRoots = await makeFiles(smallFiles(small, made.files, Math.max(...sizes) - made.files))
  const accumulators = writeRoots(join(context.folder, 'accumulators.txt'), [...made.roots, ...smallRoots])
  await runE2store('index', '--full', small)
  const rows: string[][] = []
  const served = { from: [made.folder, small], accumulators, wholeFiles: made.files }
  for (const files of sizes) rows.push(await row(context, { ...served, files }, `${files}`, allCalls))
  const most = Math.max(...sizes)
  rows.push(await row(context, { ...served, files: most }, `${most}, searches alone`, searchesAlone))
  const ms = timeOf(context)
  return [
    {
      title: `Resident memory of \`datastreamer e2store serve\`, ${duration(ms)} of calls on ${CONNECTIONS} connections`,
      columns: ['files', ...MEMORY_COLUMNS.slice(1), 'start took', 'calls'],
      rows,
      note:
        `The first ${made.files} files are those of the other tables, of ${count(ERA_BLOCKS)} blocks each; the others ` +
        `have ${SMALL_BLOCKS}. Calls, in turn, of all files: random blocks with hashes and with whole transactions, ` +
        'receipts, logs of a topic in few blocks; and of the first ten files (or all, of fewer) the logs ' +
        'of an address. The last row: searches alone in these ten, for a frequent topic, each connection one.',
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

interface ServedFiles {
  readonly from: readonly string[]
  readonly accumulators: string
  readonly wholeFiles: number
  readonly files: number
}

type Calls = AskQuestion['calls']

async function row(
  context: BenchContext,
  { files, from, accumulators, wholeFiles }: ServedFiles,
  name: string,
  callsTo: (last: number) => Calls,
): Promise<string[]> {
  const folder = join(context.folder, name)
  mkdirSync(folder)
  // A file and its sidecar.
  const paths = from.flatMap((each) => readdirSync(each).map((name) => [join(each, name), name] as const))
  for (const [path, name] of paths.slice(0, 2 * files)) linkSync(path, join(folder, name))
  const blocks = numbersIn(folder, wholeFiles)
  const before = performance.now()
  await using server = await ServeProcess.start(folder, accumulators)
  const startMs = performance.now() - before
  await using client = await BenchProcess.start('ask-rpc.ts')
  using watch = new MemoryWatch([server.pid])
  const last = Math.min(10, files, wholeFiles) * ERA_BLOCKS - 1
  const { calls } = await client.ask<AskAnswer>({
    ...{ port: server.port, connections: CONNECTIONS, blocks, seed: files, ms: timeOf(context) },
    calls: callsTo(last),
  } satisfies AskQuestion)
  const row = [...memoryRow(name, watch.uses[0]), duration(startMs), count(calls)]
  context.log(row.join(' | '))
  return row
}

/** @param last block of the searches in whole files */
function allCalls(last: number): Calls {
  const block = (full: boolean) => ({ method: 'eth_getBlockByNumber', params: `["$N",${full}]` })
  const receipts = { method: 'eth_getBlockReceipts', params: '["$N"]' }
  const fewBlocks = paramsOf(FREQUENT_TOPIC, 0, 0)
    .replace('"fromBlock":"0x0"', '"fromBlock":"$N"')
    .replace('"toBlock":"0x0"', '"toBlock":"$E"')
  return [
    ...[block(false), block(true), receipts, { method: 'eth_getLogs', params: fewBlocks }],
    ...[block(false), block(true), receipts, { method: 'eth_getLogs', params: fewBlocks }],
    { method: 'eth_getBlockTransactionCountByNumber', params: '["$N"]' },
    ...SEARCHES.slice(0, 1).map((search) => ({ method: 'eth_getLogs', params: paramsOf(search, 0, last) })),
  ]
}

function searchesAlone(last: number): Calls {
  return [{ method: 'eth_getLogs', params: paramsOf(FREQUENT_TOPIC, 0, last) }]
}

/** Blocks of files: all of small ones, of the others every 32nd. */
function numbersIn(folder: string, wholeFiles: number): number[] {
  const eras = readdirSync(folder).flatMap((name) => (name.endsWith('.idx') ? [] : [Number(name.split('-')[1])]))
  return eras.flatMap((era) => {
    const [count, step] = era < wholeFiles ? [ERA_BLOCKS / 32, 32] : [SMALL_BLOCKS, 1]
    return Array.from({ length: count }, (_, i) => era * ERA_BLOCKS + step * i)
  })
}
