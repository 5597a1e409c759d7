/**
 * Measures reading an `.era1` of 8192 blocks beside `@ethereumjs/e2store`, each measurement in a process of its own:
 * `node src/main.ts [runs = 5] [runs of the library = 1]`. Build the package first.
 */
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { mainFile, writeMadeUp } from './files.ts'

interface Measured {
  readonly items: number
  readonly ms: number
  readonly cpuMs: number
  readonly peakMb: number
  readonly beforeMb: number
}

const TASKS = ['raw', 'decode', 'verify', 'random'] as const
const NAMES = {
  raw: 'iterate raw',
  decode: 'decompress and decode all',
  verify: 'verify',
  random: '1,000 random blocks',
}
const LARGE_EXTRA_BYTES = 8000

const [runs = '5', libraryRuns = '1'] = process.argv.slice(2)

function measure(subject: string, task: string, path: string): Measured {
  const child = new URL('./child.mjs', import.meta.url).pathname
  return JSON.parse(execFileSync(process.execPath, [child, subject, task, path], { encoding: 'utf8' })) as Measured
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return 'not measured'
  const digits = Math.max(...values) < 1000 ? 0 : -1
  const text = (value: number): string => (digits < 0 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(0)} ms`)
  return `${text(median(values))} (${text(Math.min(...values))} to ${text(Math.max(...values))})`
}

using dir = tempDir()
const path = dir.join('file.era1')
const name = await mainFile(path)
const large = dir.join('large.era1')
await writeMadeUp(large, LARGE_EXTRA_BYTES)

const results = new Map<string, Measured[]>()
function run(subject: string, task: string, file: string, key = `${subject} ${task}`): void {
  const all = results.get(key) ?? []
  all.push(measure(subject, task, file))
  results.set(key, all)
}
for (let i = 0; i < Number(runs); i++) {
  for (const task of ['walk', 'decompress', 'checksum']) run('plain', task, path)
  for (const task of TASKS) run('ours', task, path)
  for (const task of ['raw', 'decode', 'verify']) run('ours', task, large, `large ${task}`)
  if (i < Number(libraryRuns)) for (const task of TASKS) run('theirs', task, path)
}

const of = (key: string, field: 'ms' | 'cpuMs' | 'peakMb' | 'beforeMb'): number[] =>
  (results.get(key) ?? []).map((measured) => measured[field])
const ratio = (a: string, b: string, field: 'ms' | 'cpuMs'): string => {
  const value = median(of(a, field)) / median(of(b, field))
  return Number.isFinite(value) ? value.toFixed(value < 10 ? 2 : 0) : '-'
}

console.log(`${name}, ${runs} runs (${libraryRuns} of the library), Node ${process.version}`)
console.log(
  `plain code: read and walk ${spread(of('plain walk', 'ms'))}, and decompress ${spread(of('plain decompress', 'ms'))}, and check CRCs ${spread(of('plain checksum', 'ms'))}`,
)
for (const task of TASKS) {
  const [ours, theirs] = [`ours ${task}`, `theirs ${task}`]
  const times = `${spread(of(ours, 'ms'))}; library ${spread(of(theirs, 'ms'))}`
  const faster = `${ratio(theirs, ours, 'ms')} times as fast (${ratio(theirs, ours, 'cpuMs')} by CPU time)`
  const plain = `${ratio(ours, 'plain checksum', 'ms')} of plain code (${ratio(ours, 'plain checksum', 'cpuMs')} by CPU time)`
  console.log(`${NAMES[task]}: ${times}; ${faster}; ${plain}`)
  console.log(
    `  peak memory ${median(of(ours, 'peakMb')).toFixed(0)} MB, ${median(of(ours, 'beforeMb')).toFixed(0)} MB of them before; library ${median(of(theirs, 'peakMb')).toFixed(0)} MB`,
  )
}
const [size, largeSize] = [path, large].map((file) => (statSync(file).size / 1e6).toFixed(0))
for (const task of ['raw', 'decode', 'verify'] as const) {
  const peaks = [`ours ${task}`, `large ${task}`].map((key) => `${Math.max(...of(key, 'peakMb')).toFixed(0)} MB`)
  console.log(
    `${NAMES[task]}: largest peak ${peaks[0]} for a file of ${size} MB, ${peaks[1]} for one of ${largeSize} MB`,
  )
}
