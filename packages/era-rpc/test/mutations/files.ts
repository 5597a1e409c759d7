import { fromBytes, openE2hs, openEra1, openEre, toBytes } from '@datastreamer/e2store'
import {
  type BlockArchive,
  blockSourceOf,
  type Column,
  type Columns,
  defaultHashes,
  era1ToE2hs,
  era1ToEre,
  formatExecutionArchiveName,
  HeaderAccumulator,
  writeE2hs,
  writeEra1,
  writeEre,
} from '@datastreamer/e2store/execution'
import { buildSidecar, SIDECAR_EXTENSION } from '@datastreamer/e2store/sidecar'
import type { TrustedRoots } from '@datastreamer/era-history'
import { getBytes } from 'ethers'
import { type MadeUpBlock, madeUpChain } from '../support/made-up-chain.ts'
import { type Located, recordsOf } from './records.ts'

export const NETWORK = 'made'
/**
 * What files are made in: with the proofs of their accumulator, with difficulties, with neither, after the merge; and under
 * the other name of such files, which does not say what they leave out.
 */
export const SHAPES = [
  'era1',
  'ere',
  'ere without proofs',
  'ere without difficulties',
  'ere after the merge',
  'erae',
  'e2hs',
] as const
export type Shape = (typeof SHAPES)[number]

/** The contents of the records of a block. */
export type Row = Columns<Uint8Array>

export interface NamedBytes {
  readonly name: string
  readonly bytes: Uint8Array
}

/** A file whose content is known. */
export interface MadeFile extends NamedBytes {
  readonly shape: Shape
  readonly blocks: readonly MadeUpBlock[]
  /** The contents of its records. */
  readonly rows: readonly Row[]
  readonly records: readonly Located[]
  readonly sidecar: NamedBytes
}

/** Files that are true, and one of them to be changed. */
export interface Subject {
  readonly file: MadeFile
  /** True too, of the next era. */
  readonly next: MadeFile
  /** Of another chain, with the numbers of `file`, and consistent in itself. */
  readonly foreign: MadeFile
}

interface MakeOptions {
  readonly start: bigint
  readonly count: number
  readonly seed: number
}

/** Make up a chain and write it into a file; an `.e2hs` file has as many blocks as that format wants. */
export async function makeFile(shape: Shape, { start, count, seed }: MakeOptions): Promise<MadeFile> {
  const merged = shape === 'ere after the merge'
  const size = shape === 'e2hs' ? { blocks: 8192, quietFrom: count } : { blocks: count }
  const chain = await madeUpChain({ ...size, start, seed, merged, logs: 4, transactions: 2, network: NETWORK })
  const made = blockSourceOf(await chain.archive())
  const source = shape === 'e2hs' ? era1ToE2hs(made) : shape === 'era1' || merged ? made : era1ToEre(made)
  const columns = COLUMNS[shape]
  const rows: Row[] = []
  for await (const row of source.read(columns)) {
    rows.push(Object.fromEntries(columns.map((column) => [column, row[column]?.slice()])) as Row)
  }
  const { name, bytes } = await fileOf(shape, start, rows)
  const sidecar = await sidecarOf(shape, { name, bytes })
  return { shape, name, bytes, blocks: chain.blocks, rows, records: recordsOf(bytes), sidecar }
}

const COLUMNS: Readonly<Record<Shape, readonly Column[]>> = {
  era1: ['header', 'body', 'receipts', 'totalDifficulty'],
  ere: ['header', 'body', 'receipts', 'totalDifficulty', 'proof'],
  'ere without proofs': ['header', 'body', 'receipts', 'totalDifficulty'],
  'ere without difficulties': ['header', 'body', 'receipts'],
  'ere after the merge': ['header', 'body', 'receipts'],
  erae: ['header', 'body', 'receipts', 'totalDifficulty'],
  e2hs: ['header', 'body', 'receipts'],
}

function openAs(shape: Shape, bytes: Uint8Array): Promise<BlockArchive> {
  if (shape === 'era1') return openEra1(fromBytes(bytes))
  return shape === 'e2hs' ? openE2hs(fromBytes(bytes)) : openEre(fromBytes(bytes))
}

/** Write records, which need not be right; checksums, index, accumulator and name are those of what is written. */
export async function fileOf(shape: Shape, start: bigint, rows: readonly Row[]): Promise<NamedBytes> {
  const sink = toBytes()
  const source = { start, read: () => rows }
  const columns = OPTIONAL.filter((each) => COLUMNS[shape].includes(each))
  const written = await (shape === 'era1'
    ? writeEra1(sink, source)
    : shape === 'e2hs'
      ? writeE2hs(sink, source)
      : writeEre(sink, source, { columns }))
  const name = formatExecutionArchiveName({ ...written.identity, network: NETWORK })
  return { name: shape === 'erae' ? name.replace(/(-no[a-z]+)*\.ere$/, '.erae') : name, bytes: sink.bytes() }
}

const OPTIONAL = ['receipts', 'totalDifficulty', 'proof'] as const

export async function sidecarOf(shape: Shape, { name, bytes }: NamedBytes): Promise<NamedBytes> {
  return { name: name + SIDECAR_EXTENSION, bytes: await buildSidecar(await openAs(shape, bytes)) }
}

/** The total difficulty before the first block of a made-up chain. */
const DIFFICULTY_BEFORE = 1_000_000n

/** What is true of files: their accumulators, as far as there are any, and their last blocks. */
export function rootsOf(files: readonly MadeFile[]): TrustedRoots {
  const accumulators = new Map<number, Uint8Array>()
  for (const { shape, blocks } of files) {
    if (shape === 'ere after the merge') continue
    const accumulator = new HeaderAccumulator(defaultHashes())
    let difficulty = DIFFICULTY_BEFORE
    for (const { header, hash } of blocks) {
      difficulty += header.difficulty
      accumulator.add(getBytes(hash), difficulty)
    }
    accumulators.set(Number((blocks[0]?.number ?? 0n) / 8192n), accumulator.root())
  }
  const last = files.flatMap(({ blocks }) => blocks.slice(-1))
  return {
    accumulator: (_, era) => accumulators.get(era),
    blocks: () => last.map(({ number, hash }) => ({ number, hash: getBytes(hash) })),
  }
}
