import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { duration, fixed } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { quantile, spread, summarize } from './harness/summary.ts'
import { ServeProcess } from './history/command.ts'
import { HttpClient } from './history/http-client.ts'
import { ERA_BLOCKS } from './history/made-up-file.ts'
import { type Nginx, startNginx } from './history/nginx.ts'
import { paramsOf, SEARCHES } from './history/queries.ts'
import { Random } from './history/random.ts'
import { type MadeHistory, madeHistory } from './history-data.ts'
import type { DelayQuestion } from './processes/delay.ts'

const ROUND_TRIP_MS = 20
const BLOCKS = 200
const MOST_ROUNDS = 3
const SEARCHES_A_ROUND = 3

export const historyHttp: Benchmark = {
  name: 'history-http',
  title: 'Files on a web server far away',
  document: 'benchmarks-e2store.md',
  run,
}

/** What was measured of one kind of call, over all rounds. */
interface Sample {
  readonly ms: number[]
  requests: number
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const made = await madeHistory(context)
  await using nginx = await startNginx(made.folder, join(context.folder, 'nginx'))
  if (nginx === undefined) return [{ title: 'not measured', columns: ['why'], rows: [['nginx is not installed']] }]
  await using delay = await BenchProcess.start('delay.ts')
  const port = await delay.ask<number>({ port: nginx.port, roundTripMs: ROUND_TRIP_MS } satisfies DelayQuestion)
  const rounds = Math.min(context.rounds, MOST_ROUNDS)
  const samples = new Map<string, Sample>()
  for (let round = 0; round < rounds; round++) {
    await context.gate.wait()
    await yardstick({ samples, nginx, port, folder: made.folder })
    await measured({ samples, nginx, port, made, round })
    context.log(`round ${round + 1} of ${rounds}`)
  }
  const bare = quantile(sorted(samples.get(BARE)?.ms ?? []), 0.5)
  const rows = [...samples].map(([what, { ms, requests }]) => [
    ...[what, String(ms.length), spread(summarize(ms), duration)],
    ...[fixed(1)(requests / ms.length), fixed(2)(quantile(sorted(ms), 0.5) / bare)],
  ])
  return [
    {
      title: `Files on nginx with round trips of ${ROUND_TRIP_MS} ms: ${made.text}`,
      columns: ['call', 'calls', 'time', 'requests a call', 'ratio to one request'],
      rows,
      note:
        'nginx behind a proxy that delays each byte by half of a round trip, and the first one of a connection by a whole ' +
        'round trip more. Calls come one after the other. The first blocks are of a file that was not open, each of ' +
        `another one; the others are random blocks of open files, none of which was asked for before. ${rounds} rounds, ` +
        'each with a server that was just started.',
    },
  ]
}

const BARE = 'one request for 1 KB, without the server'

function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}

interface FarAway {
  readonly samples: Map<string, Sample>
  readonly nginx: Nginx
  readonly port: number
}

async function timed({ samples, nginx }: FarAway, what: string, call: () => Promise<unknown>): Promise<void> {
  const sample = samples.get(what) ?? { ms: [], requests: 0 }
  samples.set(what, sample)
  const before = nginx.requests()
  const start = performance.now()
  await call()
  sample.ms.push(performance.now() - start)
  sample.requests += nginx.requests() - before
}

async function yardstick(far: FarAway & { readonly folder: string }): Promise<void> {
  const [name] = readdirSync(far.folder)
  const request = `GET /${name} HTTP/1.1\r\nhost: 127.0.0.1\r\nrange: bytes=1000-1999\r\n\r\n`
  using client = await HttpClient.open(far.port)
  await client.send(request)
  for (let i = 0; i < BLOCKS / 4; i++) await timed(far, BARE, () => client.send(request))
}

async function measured(far: FarAway & { readonly made: MadeHistory; readonly round: number }): Promise<void> {
  const { port, round } = far
  const { blocks, accumulators } = far.made
  await using server = await ServeProcess.start(`http://127.0.0.1:${port}/`, accumulators)
  using client = await HttpClient.open(server.port)
  const ask = async (method: string, params: string): Promise<void> => {
    const { tail } = await client.post(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`)
    if (/"error":|"result":null/.test(tail)) throw new Error(`${method} ${params}: ${tail}`)
  }
  const block = (number: number, full: boolean): Promise<void> =>
    ask('eth_getBlockByNumber', `["0x${number.toString(16)}",${full}]`)
  const random = new Random(round)
  // As many files as the server keeps open.
  const files = Math.min(48, blocks / ERA_BLOCKS)
  for (let era = 1; era < files - 1; era++) {
    await timed(far, 'first block of a file', () => block(era * ERA_BLOCKS + random.below(ERA_BLOCKS), false))
  }
  for (let i = 0; i < BLOCKS; i++) {
    const number = ERA_BLOCKS + random.below((files - 2) * ERA_BLOCKS)
    await timed(far, 'another block', () => block(number, false))
  }
  for (let i = 0; i < BLOCKS / 4; i++) {
    const number = ERA_BLOCKS + random.below((files - 2) * ERA_BLOCKS)
    await timed(far, 'another block with its receipts', () =>
      ask('eth_getBlockReceipts', `["0x${number.toString(16)}"]`),
    )
  }
  const [search] = SEARCHES
  for (let i = 0; search && i < SEARCHES_A_ROUND; i++) {
    const params = paramsOf(search, SEARCHES_A_ROUND * round + i, blocks - 1)
    const what = `logs of ${search.what} in all files, ${i === 0 ? 'first' : 'others'}`
    await timed(far, what, () => ask('eth_getLogs', params))
  }
}
