import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import { type LoadResult, load } from './load.ts'
import { FIRST_BLOCK, writeMadeUpFile } from './made-up-file.ts'

// JSON-RPC over HTTP from a file, beside a responder that does nothing: calls a second, and processor time of the server
// a call, which other programs on the machine change less.

const BLOCKS = Number(process.env.BENCH_BLOCKS ?? 1024)
const TRANSACTIONS = 100
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5)
const CONNECTIONS = 16
/** Blocks that fit into what the history keeps. */
const KEPT = 32

interface Usage {
  readonly cpu: NodeJS.CpuUsage
  readonly rss: number
}

class ServerProcess implements Disposable {
  readonly #child: ChildProcess
  readonly port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(...args: readonly string[]): Promise<ServerProcess> {
    const child = fork(resolve(import.meta.dirname, 'server.ts'), args, { execArgv: process.execArgv })
    const [{ port }] = await once(child, 'message')
    return new ServerProcess(child, port)
  }

  async usage(): Promise<Usage> {
    const answer = once(this.#child, 'message')
    this.#child.send('usage')
    const [usage] = await answer
    return usage
  }

  [Symbol.dispose](): void {
    this.#child.disconnect()
  }
}

interface Row extends LoadResult {
  readonly name: string
  readonly cpuMicros: number
  readonly rssMiB: number
}

async function measure(server: ServerProcess, name: string, bodies: readonly string[]): Promise<Row> {
  // Once before: compiled, and what is kept is kept.
  await load(server.port, bodies, { connections: CONNECTIONS, seconds: SECONDS / 5 })
  const before = await server.usage()
  const result = await load(server.port, bodies, { connections: CONNECTIONS, seconds: SECONDS })
  const { cpu, rss } = await server.usage()
  const micros = cpu.user + cpu.system - before.cpu.user - before.cpu.system
  return { ...result, name, cpuMicros: micros / result.calls, rssMiB: rss / 2 ** 20 }
}

const call = (method: string, ...params: unknown[]): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
const numbers = (count: number): string[] =>
  // In no order, so that what is read ahead is of no use.
  Array.from({ length: count }, (_, at) => `0x${(FIRST_BLOCK + ((at * 617) % count)).toString(16)}`)

using folder = tempDir()
await writeMadeUpFile(folder.path, BLOCKS, TRANSACTIONS)
using empty = await ServerProcess.start()
using ours = await ServerProcess.start(folder.path)
const yardstick = await measure(empty, 'node:http that does nothing', [call('eth_chainId')])
const rows = [
  await measure(ours, 'eth_chainId', [call('eth_chainId')]),
  ...(await ofBlocks('kept', numbers(KEPT))),
  ...(await ofBlocks('read', numbers(BLOCKS))),
]
process.stdout.write(`${TRANSACTIONS} transactions a block, ${CONNECTIONS} connections\n\n${table(yardstick, rows)}`)

async function ofBlocks(which: string, blocks: readonly string[]): Promise<Row[]> {
  const of = (name: string, bodies: readonly string[]): Promise<Row> => measure(ours, `${name}, ${which}`, bodies)
  return [
    await of(
      'eth_getBlockByNumber, hashes',
      blocks.map((each) => call('eth_getBlockByNumber', each, false)),
    ),
    await of(
      'eth_getBlockByNumber, transactions',
      blocks.map((each) => call('eth_getBlockByNumber', each, true)),
    ),
    await of(
      'eth_getBlockReceipts',
      blocks.map((each) => call('eth_getBlockReceipts', each)),
    ),
    await of(
      'eth_getLogs of a block',
      blocks.map((each) => call('eth_getLogs', { fromBlock: each, toBlock: each })),
    ),
  ]
}

function table(yardstick: Row, rows: readonly Row[]): string {
  const head = ['call', 'a second', 'KiB', 'MiB/s', 'p50 ms', 'p99 ms', 'CPU µs', '× yardstick', 'RSS MiB']
  const cells = [yardstick, ...rows].map((row) => [
    ...[row.name, (row.calls / row.seconds).toFixed(0), (row.bytes / row.calls / 1024).toFixed(1)],
    ...[(row.bytes / row.seconds / 2 ** 20).toFixed(1), row.p50.toFixed(2), row.p99.toFixed(2)],
    ...[row.cpuMicros.toFixed(0), (row.cpuMicros / yardstick.cpuMicros).toFixed(2), row.rssMiB.toFixed(0)],
  ])
  return [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |\n`).join('')
}
