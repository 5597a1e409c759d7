import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration, fixed } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { quantile, ratios, spread, summarize } from './harness/summary.ts'
import { ServeProcess } from './history/command.ts'
import { type MadeHistory, madeHistory } from './history-data.ts'
import type { AskAnswer, AskQuestion } from './processes/ask-rpc.ts'
import type { RespondQuestion } from './processes/respond.ts'

const CONNECTIONS = 16
const ROUND_MS = 1000
/** Blocks that fit into what a history keeps. */
const KEPT = 32
const MOST_ROUNDS = 5

export const historyBlocks: Benchmark = {
  name: 'history-blocks',
  title: 'Blocks and receipts from files over JSON-RPC',
  document: 'benchmarks-e2store.md',
  run,
}

interface Case {
  readonly what: string
  readonly method: string
  readonly params: string
}

/** Files, and the list of accumulators that are trusted. */
type Served = Pick<MadeHistory, 'folder' | 'accumulators' | 'blocks'>

const CASES: readonly Case[] = [
  { what: 'block, hashes of transactions', method: 'eth_getBlockByNumber', params: '["$N",false]' },
  { what: 'block, whole transactions', method: 'eth_getBlockByNumber', params: '["$N",true]' },
  { what: 'receipts', method: 'eth_getBlockReceipts', params: '["$N"]' },
]

async function run(context: BenchContext): Promise<readonly Table[]> {
  const made = await madeHistory(context)
  const busy = { folder: made.busy, accumulators: made.busyAccumulators, blocks: made.busyBlocks }
  return [
    await table(context, made, `Any of ${count(made.blocks)} blocks: ${made.text}`),
    await table(context, busy, busyText(made)),
  ]
}

function busyText({ busyBlocks }: MadeHistory): string {
  return `Any of ${busyBlocks} busy blocks, of 146 transactions with 2.5 logs each on average`
}

async function table(context: BenchContext, { folder, accumulators, blocks }: Served, title: string): Promise<Table> {
  const rounds = Math.min(context.rounds, MOST_ROUNDS)
  await using server = await ServeProcess.start(folder, accumulators)
  await using yardstick = await BenchProcess.start('respond.ts')
  await using client = await BenchProcess.start('ask-rpc.ts')
  const rows: string[][] = []
  const kept = Array.from({ length: KEPT }, (_, i) => Math.floor((i * blocks) / KEPT))
  for (const { what, ...call } of CASES) {
    for (const [which, some] of Object.entries({ any: blocks, kept })) {
      let seed = 0
      const latencies: number[] = []
      const ask = (port: number): Promise<AskAnswer> => {
        const ms = context.quick ? ROUND_MS / 5 : ROUND_MS
        const question = { port, connections: CONNECTIONS, calls: [call], blocks: some, seed: seed++, ms }
        return client.ask<AskAnswer>(question satisfies AskQuestion)
      }
      const first = await ask(server.port)
      const size = Math.round(first.bytes / first.calls)
      const port = await yardstick.ask<number>({ bytes: size } satisfies RespondQuestion)
      const samples = await alternate(
        {
          ours: async () => {
            const answer = await ask(server.port)
            latencies.push(...answer.latenciesMs)
            return answer.calls / answer.seconds
          },
          yardstick: async () => {
            const answer = await ask(port)
            return answer.calls / answer.seconds
          },
        },
        { ...context, rounds },
      )
      latencies.sort((a, b) => a - b)
      rows.push([
        what,
        which,
        count(size),
        spread(summarize(samples.ours), count),
        spread(ratios(samples.ours, samples.yardstick), fixed(2)),
        [0.5, 0.99].map((part) => duration(quantile(latencies, part))).join(' / '),
      ])
      context.log(rows.at(-1)?.join(' | ') ?? '')
    }
  }
  return {
    title,
    columns: ['what', 'blocks', 'bytes', 'answers/s', 'ratio to a bare server', 'p50 / p99'],
    rows,
    note:
      `\`datastreamer e2store serve\`, asked by another process on ${CONNECTIONS} kept connections at a time; both share the ` +
      `processors. The bare server is \`node:http\` that answers with as many bytes. "kept": the same ${KEPT} blocks again ` +
      `and again, which the server still has. ${rounds} rounds.`,
  }
}
