/**
 * Measures building a sidecar index, and looking up in it: `node src/sidecar.ts [blocks = 2048] [runs = 5]`. Build the
 * package first.
 *
 * The data file is made up, with as much in a block as in those of the main network. In each run all tasks take turns, so
 * that what slows the machine slows all of them. Two of them do part of what building does: to hash the file, and to read
 * and decompress its blocks.
 */
import { createHash } from 'node:crypto'
import { loadavg } from 'node:os'
import { fromBytes, openEre } from '@datastreamer/e2store'
import { checksumOf, defaultHashes } from '@datastreamer/e2store/execution'
import { openFile } from '@datastreamer/e2store/node'
import { buildSidecar, openSidecar, type Sidecar, SidecarCache } from '@datastreamer/e2store/sidecar'
import { tempDir } from '@datastreamer/fixtures'
import { logsOf, START, transactionsOf, writeBusyEra } from './busy-era.ts'
import { duration, median, ratioSpread, row, spread } from './text.ts'

const [blocksText = '2048', runsText = '5'] = process.argv.slice(2)
const blocks = Number(blocksText)
const runs = Number(runsText)
const LOOKUPS = 20_000
const KEEP_ALL = 1_000_000_000
const LAST = START + BigInt(blocks - 1)

using dir = tempDir()
const path = dir.join('busy.ere')
await writeBusyEra(path, blocks)
await using source = await openFile(path)
const megabytes = source.size / 1e6
const bytes = await buildSidecar(await openEre(source), { sha256: createHash('sha256') })
const { parts, hotValues } = (await openSidecar(fromBytes(bytes))).header

async function decompress(): Promise<void> {
  for await (const _ of (await openEre(source)).iteratePayloads());
}

const tasks: Readonly<Record<string, () => Promise<unknown>>> = {
  'SHA-256 of the file': () => checksumOf(source, createHash('sha256')),
  'read and decompress': decompress,
  build: async () => buildSidecar(await openEre(source), { sha256: createHash('sha256') }),
}

const times = new Map<string, { readonly wall: number[]; readonly cpu: number[] }>()
for (let run = 0; run < runs; run++) {
  for (const [name, task] of Object.entries(tasks)) {
    const cpu = process.cpuUsage()
    const start = performance.now()
    await task()
    const wall = performance.now() - start
    const used = process.cpuUsage(cpu)
    const found = times.get(name) ?? { wall: [], cpu: [] }
    found.wall.push(wall)
    found.cpu.push((used.user + used.system) / 1000)
    times.set(name, found)
  }
}

const { keccak256 } = defaultHashes()
const step = Math.max(1, Math.floor(blocks / 64))
const sample = Array.from({ length: Math.ceil(blocks / step) }, (_, i) => i * step)
const present = sample.flatMap(transactionsOf).map((transaction) => keccak256(transaction))
const absent = present.map((hash) => keccak256(hash))
const values = sample.flatMap(logsOf).flatMap(({ topics: [, topic] }) => topic ?? [])
const absentValues = values.map((value) => keccak256(value))
const { address } = logsOf(0)[0] ?? { address: new Uint8Array(20) }

type Lookup = (sidecar: Sidecar, i: number) => Promise<readonly unknown[]>
const hashLookup =
  (hashes: readonly Uint8Array[]): Lookup =>
  (sidecar, i) =>
    sidecar.transactionCandidates(hashes[i % hashes.length] as Uint8Array)
const valueLookup =
  (topics: readonly Uint8Array[]): Lookup =>
  (sidecar, i) =>
    sidecar.blocksWithLogs({ topics: [undefined, [topics[i % topics.length] as Uint8Array]] }, START, LAST)
const lookups: readonly (readonly [name: string, lookup: Lookup])[] = [
  ['transaction that is there', hashLookup(present)],
  ['transaction that is not there', hashLookup(absent)],
  ['topic that is there', valueLookup(values)],
  ['topic that is not there', valueLookup(absentValues)],
  ['address in many blocks', (sidecar) => sidecar.blocksWithLogs({ addresses: [address], topics: [] }, START, LAST)],
]

/** Microseconds a lookup, and what all of them give together. */
async function measure(
  lookup: Lookup,
  cacheBytes: number,
): Promise<{ readonly micros: number; readonly found: number }> {
  const sidecar = await openSidecar(fromBytes(bytes), { cache: new SidecarCache(cacheBytes) })
  let found = 0
  const start = performance.now()
  for (let i = 0; i < LOOKUPS; i++) found += (await lookup(sidecar, i)).length
  return { micros: (1000 * (performance.now() - start)) / LOOKUPS, found }
}

console.log(`made-up .ere of ${blocks} blocks, ${megabytes.toFixed(1)} MB, Node ${process.version}`)
console.log(`sidecar: ${bytes.length} bytes, ${((100 * bytes.length) / source.size).toFixed(2)}% of the file`)
const { transactions, logs } = parts
console.log(
  `  transactions: ${transactions.entries}, ${(transactions.bytes / transactions.entries).toFixed(2)} bytes each`,
)
console.log(
  `  logs: ${logs.entries} pairs and ${hotValues} bitmaps, ${((100 * (logs.bytes + hotValues * (blocks / 8 + 8))) / source.size).toFixed(2)}% of the file\n`,
)
console.log(`${row('task', 'wall', 'CPU', 'MB/s by CPU', 's per GB by CPU')}\n${row('-', '-', '-', '-', '-')}`)
for (const [name, { wall, cpu }] of times) {
  const rate = megabytes / (median(cpu) / 1000)
  console.log(row(name, spread(wall), spread(cpu), rate.toFixed(0), (1000 / rate).toFixed(1)))
}
const decompressed = times.get('read and decompress')?.cpu ?? []
const built = times.get('build')?.cpu ?? []
console.log(
  `\nbuild to read and decompress, by CPU: ${ratioSpread(built.map((ms, i) => ms / (decompressed[i] ?? ms)))}`,
)
console.log(`\n${row('lookup', 'found', 'all kept', 'nothing kept')}\n${row('-', '-', '-', '-')}`)
for (const [name, lookup] of lookups) {
  await measure(lookup, KEEP_ALL)
  const [kept, cold] = [await measure(lookup, KEEP_ALL), await measure(lookup, 0)]
  console.log(
    row(name, (kept.found / LOOKUPS).toFixed(4), `${kept.micros.toFixed(1)} us`, `${cold.micros.toFixed(1)} us`),
  )
}
console.log(`\nload average at the end ${loadavg()[0]?.toFixed(1)}, ${duration(performance.now())} in all`)
