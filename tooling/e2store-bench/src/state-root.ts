/**
 * Measures the root of a beacon state of the mainnet preset, in chunks, beside plain decompression of the same bytes and
 * beside `@lodestar/types`, each in a process of its own: `node src/state-root.ts [validators = 200000] [runs = 3]`.
 * Build first.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { fromBytes } from '@datastreamer/e2store'
import { nativeSnappy, openFile } from '@datastreamer/e2store/node'
import { iterateFramed, snappyFramedEncode } from '@datastreamer/e2store/snappy'
import { beaconTypes, defaultValue, fixedPart, StateReader } from '@datastreamer/e2store/ssz'
import { tempDir } from '@datastreamer/fixtures'
import { median, row } from './text.ts'

const type = beaconTypes('mainnet', 'electra').state

/** A state with so many validators, of bytes that do not compress. */
function makeState(validators: number): Uint8Array {
  const noise = (length: number): Uint8Array =>
    new Uint8Array(createHash('shake256', { outputLength: length }).update(`${length}`).digest())
  const registry = noise(121 * validators)
  const balances = noise(8 * validators)
  for (let i = 0; i < validators; i++) {
    // The other library holds numbers as doubles: below 2^32 all are exact. Byte 88 is a boolean.
    for (const at of [80, 89, 97, 105, 113]) registry.fill(0, 121 * i + at + 4, 121 * i + at + 8)
    registry[121 * i + 88] = 0
    balances.fill(0, 8 * i + 4, 8 * i + 8)
  }
  const values: Readonly<Record<string, Uint8Array>> = {
    validators: registry,
    balances,
    inactivity_scores: new Uint8Array(8 * validators),
    previous_epoch_participation: new Uint8Array(validators).fill(7),
    current_epoch_participation: new Uint8Array(validators).fill(7),
    block_roots: noise(32 * 8192),
    state_roots: noise(32 * 8192),
    randao_mixes: noise(32 * 65_536),
  }
  const { layouts, size } = fixedPart(type)
  const head = new Uint8Array(size)
  const tail: Uint8Array[] = []
  let end = size
  for (const { name, type: field, at, size: fixed } of layouts) {
    const value = values[name] ?? defaultValue(field)
    if (fixed === undefined) {
      new DataView(head.buffer).setUint32(at, end, true)
      tail.push(value)
      end += value.length
    } else head.set(value, at)
  }
  return new Uint8Array(Buffer.concat([head, ...tail]))
}

/** What each contender does with the compressed file; gives something to compare. */
const CONTENDERS: Readonly<Record<string, (path: string) => Promise<string>>> = {
  decompress: async (path) => {
    await using file = await openFile(path)
    let length = 0
    for await (const chunk of iterateFramed(file, { from: 0, to: file.size }, { codec: await nativeSnappy() })) {
      length += chunk.length
    }
    return String(length)
  },
  root: async (path) => {
    await using file = await openFile(path)
    const reader = new StateReader(type)
    for await (const chunk of iterateFramed(file, { from: 0, to: file.size }, { codec: await nativeSnappy() })) {
      reader.push(chunk)
    }
    return Buffer.from(reader.finish().root).toString('hex')
  },
  lodestar: async (path) => {
    const { ssz } = await import('@lodestar/types')
    const parts: Uint8Array[] = []
    const source = fromBytes(readFileSync(path))
    for await (const chunk of iterateFramed(source, { from: 0, to: source.size }, { codec: await nativeSnappy() })) {
      parts.push(chunk)
    }
    const view = ssz.electra.BeaconState.deserializeToView(new Uint8Array(Buffer.concat(parts)))
    return Buffer.from(view.hashTreeRoot()).toString('hex')
  },
}

/** A run in this process; printed for the one that started it. */
async function run(contender: string, path: string): Promise<void> {
  const start = performance.now()
  const result = (await CONTENDERS[contender]?.(path)) ?? ''
  const ms = performance.now() - start
  const [, peak = '0'] = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  process.stdout.write(JSON.stringify({ result, ms, peakMb: Number(peak) / 1024 }))
}

async function compare(validators: number, runs: number): Promise<void> {
  using dir = tempDir()
  const path = dir.join('state')
  const state = makeState(validators)
  writeFileSync(path, snappyFramedEncode(state))
  const megabytes = state.length / 1e6
  console.log(
    `state of ${megabytes.toFixed(0)} MB, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)}\n`,
  )
  const times = new Map<string, number[]>()
  const peaks = new Map<string, number>()
  const results = new Map<string, string>()
  for (let i = 0; i < runs; i++) {
    for (const contender of Object.keys(CONTENDERS)) {
      const args = [...process.execArgv, fileURLToPath(import.meta.url), contender, path]
      const { result, ms, peakMb } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as {
        result: string
        ms: number
        peakMb: number
      }
      times.set(contender, [...(times.get(contender) ?? []), ms])
      peaks.set(contender, peakMb)
      results.set(contender, result)
    }
  }
  if (results.get('root') !== results.get('lodestar')) throw new Error('the roots differ')
  const plain = median(times.get('decompress') ?? [])
  console.log(row('what', 'median of runs', 'MB a second', 'times plain decompression', 'peak memory'))
  console.log(row('-', '-', '-', '-', '-'))
  for (const [contender, all] of times) {
    const ms = median(all)
    const rate = (megabytes / (ms / 1000)).toFixed(0)
    console.log(
      row(contender, `${ms.toFixed(0)} ms`, rate, (ms / plain).toFixed(1), `${peaks.get(contender)?.toFixed(0)} MB`),
    )
  }
}

const [first = '200000', second = '3'] = process.argv.slice(2)
if (first in CONTENDERS) await run(first, second)
else await compare(Number(first), Number(second))
