import { linkSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import type { BenchContext } from './harness/benchmark.ts'
import { count, mebibytes } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { runE2store } from './history/command.ts'
import { ERA_BLOCKS, type MadeFile } from './history/made-up-file.ts'
import type { MakeFilesQuestion } from './processes/make-files.ts'

/** Made-up files that several benchmarks use. */
export interface MadeHistory {
  /** Whole files, one after the other, with sidecar indexes. */
  readonly folder: string
  /** The same without sidecar indexes. */
  readonly bare: string
  /** The list of their accumulators, which a server is to trust. */
  readonly accumulators: string
  readonly roots: readonly string[]
  readonly files: number
  readonly blocks: number
  readonly bytes: number
  /** One file of fewer blocks with many transactions, with its sidecar index. */
  readonly busy: string
  /** The list of its accumulator. */
  readonly busyAccumulators: string
  readonly busyBlocks: number
  /** Of the file without its sidecar index. */
  readonly busyBytes: number
  /** What they are, for notes. */
  readonly text: string
}

const FILES = { usual: 100, quick: 3 }
/** Transactions of a block, on average. */
const TRANSACTIONS = 3
const BUSY = { blocks: 512, transactions: 146 }

let made: Promise<MadeHistory> | undefined

/** Make the files, once a run; they are removed when this process ends. */
export function madeHistory(context: Pick<BenchContext, 'quick' | 'log'>): Promise<MadeHistory> {
  made ??= make(context)
  return made
}

async function make({ quick, log }: Pick<BenchContext, 'quick' | 'log'>): Promise<MadeHistory> {
  const dir = tempDir()
  process.once('exit', () => dir[Symbol.dispose]())
  const [folder, bare, busy] = [dir.join('files'), dir.join('bare'), dir.join('busy')]
  for (const each of [folder, bare, busy]) mkdirSync(each)
  const files = quick ? FILES.quick : FILES.usual
  const busyBlocks = quick ? BUSY.blocks / 8 : BUSY.blocks
  log(`making ${files} files`)
  const wanted: MadeFile[] = [{ folder: busy, era: 0, blocks: busyBlocks, transactions: BUSY.transactions }]
  for (let era = 0; era < files; era++) {
    wanted.push({ folder, era, blocks: ERA_BLOCKS, transactions: TRANSACTIONS })
  }
  const [busyRoot = '', ...roots] = await makeFiles(wanted)
  const accumulators = writeRoots(dir.join('accumulators.txt'), roots)
  const busyAccumulators = writeRoots(dir.join('busy-accumulators.txt'), [busyRoot])
  for (const name of readdirSync(folder)) linkSync(join(folder, name), join(bare, name))
  const busyBytes = bytesIn(busy)
  log('indexing them')
  for (const each of [folder, busy]) await runE2store('index', '--full', each)
  const bytes = bytesIn(bare)
  const blocks = files * ERA_BLOCKS
  const text =
    `${files} made-up files of ${count(ERA_BLOCKS)} blocks, of ${TRANSACTIONS} transactions with 2.5 logs each on average, ` +
    `${mebibytes(bytes)} in all`
  log(text)
  const trusted = { accumulators, roots, busyAccumulators }
  return { folder, bare, ...trusted, files, blocks, bytes, busy, busyBlocks, busyBytes, text }
}

/** Write a list of roots of accumulators, the first of which is that of file 0. @returns its path */
export function writeRoots(path: string, roots: readonly string[]): string {
  writeFileSync(path, roots.map((root) => `${root}\n`).join(''))
  return path
}

/** Make files in as many processes as there are processors. @returns the roots of their accumulators */
export async function makeFiles(files: readonly MadeFile[]): Promise<string[]> {
  const queue = files.entries()
  const roots: string[] = []
  const work = async (): Promise<void> => {
    await using maker = await BenchProcess.start('make-files.ts')
    for (const [i, file] of queue) roots[i] = await maker.ask<string>(file satisfies MakeFilesQuestion)
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), files.length) }, work))
  return roots
}

/** Bytes of the files in a folder. */
export function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
