import { readdirSync } from 'node:fs'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration, fixed } from './harness/format.ts'
import { askOnce } from './harness/process.ts'
import { spread, summarize } from './harness/summary.ts'
import { ServeProcess } from './history/command.ts'
import { HttpClient } from './history/http-client.ts'
import { dropPageCache } from './history/page-cache.ts'
import { type LogSearch, paramsOf, SEARCHES } from './history/queries.ts'
import { type MadeHistory, madeHistory } from './history-data.ts'
import type { ScanAnswer, ScanQuestion } from './processes/scan-logs.ts'

const MOST_ROUNDS = 3
/** Searches in each round whose files the system has in memory. */
const WARM = 5

export const historyLogs: Benchmark = {
  name: 'history-logs',
  title: 'Searching for logs in files over JSON-RPC',
  document: 'benchmarks-e2store.md',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const made = await madeHistory(context)
  const rounds = Math.min(context.rounds, MOST_ROUNDS)
  const rows: string[][] = []
  let areCold = true
  for (const search of SEARCHES) {
    const cold: number[] = []
    const warm: number[] = []
    const scans: number[] = []
    let logs = 0
    for (let round = 0; round < rounds; round++) {
      await context.gate.wait()
      areCold = dropPageCache() && areCold
      const found = await searched(made, made.folder, search, round * (WARM + 1), WARM + 1)
      cold.push(...found.ms.slice(0, 1))
      warm.push(...found.ms.slice(1))
      logs = found.logs
      if (round > 0) continue
      // Receipts are in memory as far as the system keeps them.
      const scan = await scanned(made, search, round * (WARM + 1))
      scans.push(scan.ms)
      if (scan.logs !== logs) throw new Error(`${search.what}: ${logs} logs found, ${scan.logs} by scanning`)
    }
    const scan = summarize(scans).median
    const row = [search.what, count(logs), ...[cold, warm].map((each) => spread(summarize(each), duration))]
    rows.push([...row, duration(scan), fixed(1)(scan / summarize(warm).median)])
    context.log(rows.at(-1)?.join(' | ') ?? '')
  }
  const [search] = SEARCHES
  const bare = search && (await searched(made, made.bare, search, 0, 1))
  const dropped = areCold ? '' : ' (which was not possible here: it takes root)'
  return [
    {
      title: `Logs of ${made.text}`,
      columns: ['of', 'logs', 'first search', 'others', 'plain scan', 'scan / others'],
      rows,
      note:
        `\`datastreamer e2store serve\` over files with sidecar indexes. First search: the server was just started, and the ` +
        `system's cache of files dropped${dropped}. Others: for other addresses, or rare topics, of the same kind. Each ` +
        `log is compared with the verified receipts of its block. The plain scan decompresses and decodes the receipts of ` +
        `the same blocks, in one process, with the same library, once, the files in the system's cache; it verifies ` +
        `nothing. Without sidecar indexes the server finds ${search?.what} in ${duration(bare?.ms[0] ?? Number.NaN)}, by ` +
        `the blooms of all headers, each of which is verified. ${rounds} rounds, each of one first and ${WARM} other searches.`,
    },
  ]
}

/** Search as often, each time for another value, on a server that is started for it. */
async function searched(
  { blocks, accumulators }: MadeHistory,
  folder: string,
  search: LogSearch,
  from: number,
  times: number,
): Promise<{ readonly ms: number[]; readonly logs: number }> {
  await using server = await ServeProcess.start(folder, accumulators)
  using client = await HttpClient.open(server.port)
  const ms: number[] = []
  let logs = 0
  for (let time = from; time < from + times; time++) {
    const params = paramsOf(search, time, blocks - 1)
    const start = performance.now()
    const answer = await client.post(`{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":${params}}`)
    ms.push(performance.now() - start)
    if (answer.tail.includes('"error":')) throw new Error(`${search.what}: ${answer.tail}`)
    if (time === from) logs = await logsOf(server.port, params)
  }
  return { ms, logs }
}

/** How many logs are found. */
async function logsOf(port: number, params: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":${params}}`,
  })
  const { result } = (await response.json()) as { readonly result: readonly unknown[] }
  return result.length
}

function scanned({ bare }: MadeHistory, search: LogSearch, time: number): Promise<ScanAnswer> {
  const names = readdirSync(bare).slice(0, search.to === undefined ? undefined : 1)
  const [filter] = JSON.parse(paramsOf(search, time, 0)) as [{ address?: string; topics: string[] }]
  const question = { folder: bare, names, address: filter.address, topic: filter.topics[0] }
  return askOnce<ScanAnswer>('scan-logs.ts', question satisfies ScanQuestion)
}
