/**
 * Measures reading an `.era1` of 8192 blocks beside plain code and beside `@ethereumjs/e2store`:
 * `node src/main.ts [runs = 5] [seconds for each task of the library = 120] [pairs = 9]`. Build the package first.
 *
 * Every contender does every task in one process of its own, again and again. Ours and plain code take turns run by
 * run, so that what slows the machine slows both, and do so in several pairs of processes, one pair after the other;
 * the library, which takes many seconds a run, follows.
 */
import { statSync } from 'node:fs'
import { loadavg } from 'node:os'
import { tempDir } from '@datastreamer/fixtures'
import { Contender } from './contender.ts'
import { mainFile, writeMadeUp } from './files.ts'
import { duration, median, ratioSpread, row, spread } from './text.ts'

const TASKS = {
  raw: 'iterate raw',
  decode: 'decompress and decode all',
  verify: 'verify',
  random: '1,000 random blocks',
} as const
const PLAIN = {
  walk: 'read and walk',
  decompress: 'and decompress',
  checksum: 'and compute checksums',
} as const
const LARGE_EXTRA_BYTES = 8000

const [runs = '5', librarySeconds = '120', pairs = '9'] = process.argv.slice(2)

async function inTurns(contenders: readonly Contender[]): Promise<void> {
  for (let i = 0; i < Number(runs); i++) for (const contender of contenders) await contender.run()
  for (const contender of contenders) contender.close()
}

/** As many runs as end within the time, estimated by the longest so far; at least one. */
async function withinBudget(contender: Contender): Promise<void> {
  const end = performance.now() + Number(librarySeconds) * 1000
  for (let longest = 0; longest === 0 || performance.now() + longest < end; ) {
    longest = Math.max(longest, (await contender.run()).ms)
    if (contender.runs.length === Number(runs)) break
  }
  contender.close()
}

const FIELDS = ['ms', 'cpuMs'] as const
type Field = (typeof FIELDS)[number]

function valuesOf(contenders: readonly Contender[], field: Field): number[] {
  return contenders.flatMap(({ runs }) => runs.map((run) => run[field]))
}

/** What some take to what others take, by the medians of all their runs. */
function ratio(some: readonly Contender[], others: readonly Contender[], field: Field): number {
  return median(valuesOf(some, field)) / median(valuesOf(others, field))
}

/** Wall and CPU time: the median of first runs, then of all. */
function times(contenders: readonly Contender[]): string[] {
  const first = FIELDS.map((field) => median(contenders.map(({ runs: [run] }) => run?.[field] ?? 0)))
  return [first.map(duration).join(' / '), ...FIELDS.map((field) => spread(valuesOf(contenders, field)))]
}

using dir = tempDir()
const path = dir.join('file.era1')
const name = await mainFile(path)
const large = dir.join('large.era1')
await writeMadeUp(large, LARGE_EXTRA_BYTES)
const [megabytes, largeMegabytes] = [path, large].map((file) => (statSync(file).size / 1e6).toFixed(0))

console.log(`${name}, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)}\n`)
const nothing = new Contender('nothing', 'nothing', path)
await inTurns([nothing])

const plain = Object.keys(PLAIN).map((task) => new Contender('plain', task, path))
await inTurns(plain)
console.log(row('plain code', 'first run, wall / CPU', 'wall', 'CPU', 'peak memory'))
console.log(row('-', '-', '-', '-', '-'))
for (const [i, what] of Object.values(PLAIN).entries()) {
  const contender = plain[i]
  if (contender) console.log(row(what, ...times([contender]), `${contender.peakMb.toFixed(0)} MB`))
}

const comparisons: string[] = []
const memory: string[] = []
console.log(`\n${row('task', 'who', 'runs', 'first run, wall / CPU', 'wall', 'CPU')}`)
console.log(row('-', '-', '-', '-', '-', '-'))
for (const [task, what] of Object.entries(TASKS)) {
  const ours: Contender[] = []
  const beside: Contender[] = []
  for (let pair = 0; pair < Number(pairs); pair++) {
    const two = [new Contender('ours', task, path), new Contender('plain', 'checksum', path)] as const
    await inTurns(two)
    ours.push(two[0])
    beside.push(two[1])
  }
  const ofLarge = new Contender('ours', task, large)
  await inTurns([ofLarge])
  const theirs = new Contender('theirs', task, path)
  await withinBudget(theirs)
  for (const [who, contenders] of Object.entries({ ours, 'plain code': beside, library: [theirs] })) {
    const count = contenders.reduce((sum, one) => sum + one.runs.length, 0)
    console.log(row(what, who, String(count), ...times(contenders)))
  }
  const byPair = ratioSpread(ours.map((one, pair) => ratio([one], [beside[pair] as Contender], 'ms')))
  const ofPlain = FIELDS.map((field) => ratio(ours, beside, field).toFixed(2)).join(' / ')
  const faster = FIELDS.map((field) => ratio([theirs], ours, field).toFixed(0)).join(' / ')
  comparisons.push(row(what, ofPlain, byPair, faster))
  const peak = Math.max(...ours.map(({ peakMb }) => peakMb))
  memory.push(row(what, ...[peak, ofLarge.peakMb, theirs.peakMb].map((mb) => `${mb.toFixed(0)} MB`)))
}
console.log(
  `\n${row('task', 'of plain code, wall / CPU', 'pair by pair, wall', 'times as fast as the library, wall / CPU')}`,
)
console.log(`${row('-', '-', '-', '-')}\n${comparisons.join('\n')}`)
console.log(
  `\n${row('peak memory', `file of ${megabytes} MB`, `file of ${largeMegabytes} MB`, `library, file of ${megabytes} MB`)}`,
)
console.log(`${row('-', '-', '-', '-')}\n${memory.join('\n')}`)
console.log(`\nNode alone: ${nothing.peakMb.toFixed(0)} MB; load average at the end ${loadavg()[0]?.toFixed(1)}`)
