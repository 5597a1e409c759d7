/**
 * Measures what a history over many files adds to reading them: `node --conditions=@datastreamer/source src/history.ts
 * [runs = 5] [files = 300]`.
 *
 * In each run all tasks take turns, so that what slows the machine slows all of them. Memory is that of this process,
 * after each number of files was opened and verified and blocks were read at random.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { openEra1, toBytes } from '@datastreamer/e2store'
import { archiveIdentity, formatExecutionArchiveName, verifyArchive, writeEra1 } from '@datastreamer/e2store/execution'
import { folderLocation, openFile } from '@datastreamer/e2store/node'
import { openHistory } from '@datastreamer/era-history'
import { tempDir } from '@datastreamer/fixtures'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { recover } from 'tiny-secp256k1'
import { emptyBlocks, mainFile } from './files.ts'
import { duration, median, ratioSpread, row, spread } from './text.ts'

const [runsText = '5', filesText = '300'] = process.argv.slice(2)
const runs = Number(runsText)
const SIGNATURES = 200
const MEBIBYTE = 1_048_576

const signed = Array.from({ length: SIGNATURES }, () => {
  const hash = new Uint8Array(randomBytes(32))
  const signature = secp256k1.sign(hash, secp256k1.utils.randomSecretKey(), { prehash: false, format: 'recovered' })
  return { hash, signature }
})

using dir = tempDir()
const whole = dir.join('whole.era1')
const what = await mainFile(whole)

async function archived(): Promise<string> {
  await using source = await openFile(whole)
  return formatExecutionArchiveName({ ...(await archiveIdentity(await openEra1(source))), network: 'bench' })
}

using folder = tempDir()
writeFileSync(folder.join(await archived()), readFileSync(whole))

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  'public keys by libsecp256k1 (WebAssembly)': async () => {
    for (const { hash, signature } of signed) recover(hash, signature.subarray(1), signature[0] === 0 ? 0 : 1, false)
  },
  'public keys by @noble/curves': async () => {
    for (const { hash, signature } of signed) {
      secp256k1.Signature.fromBytes(signature, 'recovered').recoverPublicKey(hash).toBytes(false)
    }
  },
  'verify the file': async () => {
    await using source = await openFile(whole)
    await verifyArchive(await openEra1(source))
  },
  'open a history, which verifies all headers': async () => {
    await using history = await openHistory([folderLocation(folder.path)])
    if (history.head === undefined) throw new Error('no head')
  },
  'all blocks by number, from the file': async () => {
    await using source = await openFile(whole)
    const archive = await openEra1(source)
    for (let i = 0; i < archive.count; i++) await archive.block(archive.start + BigInt(i))
  },
  'all blocks by number, verified, from a history': async () => {
    await using history = await openHistory([folderLocation(folder.path)])
    for (const { from, to } of history.runs) for (let n = from; n <= to; n++) await history.block(n)
  },
}

const times = new Map<string, number[]>()
for (let run = 0; run < runs; run++) {
  for (const [name, task] of Object.entries(tasks)) {
    const start = performance.now()
    await task()
    times.set(name, [...(times.get(name) ?? []), performance.now() - start])
  }
}

console.log(`Over ${what}, ${runs} runs, load ${loadavg()[0]?.toFixed(1)}.\n`)
console.log(row('task', 'wall, median (range)'))
console.log(row('---', '---'))
for (const [name, found] of times) console.log(row(name, spread(found)))
const [fast = [], portable = []] = [...times.values()]
console.log(`\n@noble/curves takes ${ratioSpread(portable.map((ms, i) => ms / (fast[i] ?? ms)))} times as long.`)
console.log(`${duration(median(fast) / SIGNATURES)} a key is ${((median(fast) / SIGNATURES) * 1000).toFixed(0)} us.\n`)

/** Resident memory after a history over so many files answered for blocks of all of them. */
async function memoryOver(count: number): Promise<string> {
  using many = tempDir()
  for (let era = 0; era < count; era++) {
    const sink = toBytes()
    const start = BigInt(era) * 8192n
    const { identity } = await writeEra1(sink, { start, read: () => emptyBlocks(start, 256) })
    writeFileSync(many.join(formatExecutionArchiveName({ ...identity, network: 'bench' })), sink.bytes())
  }
  await using history = await openHistory([folderLocation(many.path)])
  for (let i = 0; i < 20_000; i++) {
    const number = BigInt((i * 7919) % count) * 8192n + BigInt((i * 31) % 256)
    if ((await history.block(number)) === undefined) throw new Error(`no block ${number}`)
  }
  return `${(process.memoryUsage().rss / MEBIBYTE).toFixed(0)} MiB`
}

console.log(row('files', 'resident memory'))
console.log(row('---', '---'))
for (const count of [10, 100, Number(filesText)]) console.log(row(`${count}`, await memoryOver(count)))
