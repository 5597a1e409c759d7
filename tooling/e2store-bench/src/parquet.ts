/**
 * Measures writing Parquet beside two yardsticks, in turns: reading and decoding the same blocks without writing
 * anything, and DuckDB's own COPY of the same tables to Parquet: `node src/parquet.ts [runs = 5] [blocks = 1024]`. Build
 * first.
 *
 * The blocks are made up: each has a dozen transactions with two logs.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { nativeSnappy, openLocation } from '@datastreamer/e2store/node'
import { type History, type HistoryBlock, openHistory } from '@datastreamer/era-history'
import { exportParquet, TABLE_NAMES } from '@datastreamer/era-parquet'
import { tempDir } from '@datastreamer/fixtures'
import { DuckDBInstance } from '@duckdb/node-api'
import { fullBlocksFile } from './full-blocks.ts'
import { median, row } from './text.ts'

const [runs = '5', count = '1024'] = process.argv.slice(2)
const BLOCKS = Number(count)
/** Blocks that are decoded at a time, as many as an export does. */
const AHEAD = 8

/** Read and decode all blocks of a folder. */
async function decodeAll(folder: string): Promise<HistoryBlock[]> {
  await using location = await openLocation(folder)
  await using history = await openHistory([location], { trust: 'none', archive: { codec: await nativeSnappy() } })
  const decoded: Promise<HistoryBlock>[] = []
  const decode = async (number: number): Promise<HistoryBlock> => {
    const block = await history.block(BigInt(number))
    if (!block) throw new Error(`no block ${number}`)
    block.transactions()
    await block.senders()
    await block.receipts()
    return block
  }
  for (let number = 0; number < BLOCKS; number++) {
    decoded.push(decode(number))
    await decoded[number - AHEAD]
  }
  return await Promise.all(decoded)
}

/** Blocks that are decoded as a history, as far as an export uses it. */
function historyOf(blocks: readonly HistoryBlock[]): History {
  const range = { from: 0n, to: BigInt(blocks.length - 1) }
  const parts: Partial<History> = {
    network: 'made-up',
    runs: [range],
    holdsReceipts: () => true,
    block: async (number) => blocks[Number(number)],
  }
  return parts as History
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const start = performance.now()
  const result = await work()
  return { ms: performance.now() - start, result }
}

function peakMb(): number {
  return Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024
}

using dir = tempDir()
const folder = dir.path
const file = await fullBlocksFile(BLOCKS)
const path = `${folder}/${file.name}`
writeFileSync(path, file.bytes)
const duck = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
const times: { readonly decode: number[]; readonly write: number[]; readonly copy: number[] } = {
  decode: [],
  write: [],
  copy: [],
}
const tableOf = (out: string, name: string): string => `${out}/${name}/made-up-00000.parquet`
const last = `${folder}/out${Number(runs) - 1}`
for (let i = 0; i < Number(runs); i++) {
  const out = `${folder}/out${i}`
  const { ms, result: blocks } = await timed(() => decodeAll(folder))
  times.decode.push(ms)
  times.write.push((await timed(() => exportParquet(historyOf(blocks), out))).ms)
  const copy = await timed(async () => {
    for (const name of TABLE_NAMES) {
      const to = `${folder}/copy-${name}.parquet`
      await duck.run(`COPY (SELECT * FROM '${tableOf(out, name)}') TO '${to}' (FORMAT parquet, COMPRESSION snappy)`)
    }
  })
  times.copy.push(copy.ms)
}

const megabytes = (paths: readonly string[]): number => paths.reduce((sum, each) => sum + statSync(each).size, 0) / 1e6
const inputMb = megabytes([path])
const outMb = megabytes(TABLE_NAMES.map((name) => tableOf(last, name)))
const copyMb = megabytes(TABLE_NAMES.map((name) => `${folder}/copy-${name}.parquet`))
const [decode, write, copy] = [median(times.decode), median(times.write), median(times.copy)]
const rate = (mb: number, ms: number): string => (mb / (ms / 1000)).toFixed(1)
const load = loadavg()[0]?.toFixed(1)
console.log(`${BLOCKS} blocks, ${inputMb.toFixed(1)} MB, Node ${process.version}, load average ${load}\n`)
console.log(row('what', 'median of runs', 'MB of the file a second', 'MB of Parquet a second'))
console.log(row('-', '-', '-', '-'))
console.log(row('read and decode, with senders', `${decode.toFixed(0)} ms`, rate(inputMb, decode), ''))
console.log(row('write all tables', `${write.toFixed(0)} ms`, rate(inputMb, write), rate(outMb, write)))
console.log(row('DuckDB: COPY of the same tables', `${copy.toFixed(0)} ms`, '', rate(copyMb, copy)))
console.log(
  `\nwriting takes ${(write / decode).toFixed(2)} of decoding, and ${(write / copy).toFixed(1)} times what DuckDB takes`,
)
console.log(`Parquet ${outMb.toFixed(1)} MB, by DuckDB ${copyMb.toFixed(1)} MB; peak memory ${peakMb().toFixed(0)} MB`)
duck.closeSync()
