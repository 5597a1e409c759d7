import { flipBits, type Random, randomFrom } from '@datastreamer/fixtures/random'
import { HistoryError, openHistory, type TrustedRoots, type TrustMode } from '../../src/index.ts'
import {
  accumulatorRoot,
  type FileShape,
  fileOf,
  type MadeBlock,
  type MadeFile,
  madeChain,
  madeFile,
  rowsOf,
} from '../support/made-up-chain.ts'
import { madeSidecar } from '../support/made-up-sidecar.ts'
import { memoryLocation } from '../support/memory-location.ts'
import { Oracle } from './oracle.ts'

/** Files whose content is known, one of which is changed. */
export interface Kind {
  readonly name: string
  readonly blocks: readonly MadeBlock[]
  readonly roots: TrustedRoots
  /** The files, one of them changed. */
  readonly change: (random: Random) => MadeFile[] | Promise<MadeFile[]>
}

export interface Outcome {
  readonly mutations: number
  /** Answers that were right. */
  readonly right: number
  /** Answers that were refused. */
  readonly refused: number
  /** Mutations after which some answer was refused. */
  readonly noticed: number
}

const SHAPES: readonly FileShape[] = ['era1', 'ere', 'ere-noproofs', 'ere-bare']
const START = 8192n * 5n

/** Change one to three bits, or a few bytes, or the end. */
function flip(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice()
  const way = random(8)
  if (way === 0) return out.subarray(0, random(out.length))
  if (way === 1) {
    const at = random(out.length)
    return out.fill(random(256), at, at + 1 + random(40))
  }
  flipBits(out, random)
  return out
}

/** All kinds of changes: to the bytes of files and sidecars, and to records whose compression and index stay right. */
export async function allKinds(): Promise<Kind[]> {
  const kinds: Kind[] = []
  const blocks = madeChain({ from: START, count: 24, seed: 9, isFull: (i) => i % 3 !== 0 })
  const trusted = accumulatorRoot(blocks)
  const roots: TrustedRoots = { accumulator: () => trusted }
  for (const shape of SHAPES) {
    const file = await madeFile(blocks, shape)
    const sidecar = await madeSidecar(file)
    const replace = (changed: MadeFile): MadeFile[] =>
      [file, sidecar].map((each) => (each.name === changed.name ? changed : each))
    const changedIn =
      ({ name, bytes }: MadeFile) =>
      (random: Random) =>
        replace({ name, bytes: flip(bytes, random) })
    kinds.push({ name: `${shape}: bytes of the file`, blocks, roots: {}, change: changedIn(file) })
    kinds.push({ name: `${shape}: bytes of the sidecar`, blocks, roots: {}, change: changedIn(sidecar) })
    const deep = { blocks, shape, file, sidecar }
    kinds.push({ name: `${shape}: records`, blocks, roots: {}, change: (random) => changeRecords(deep, random) })
    kinds.push({
      ...{ name: `${shape}: records, against trusted roots`, blocks, roots },
      change: (random) => changeRecords(deep, random, shape !== 'ere-bare' && random(2) === 0),
    })
  }
  return kinds
}

interface Deep {
  readonly blocks: readonly MadeBlock[]
  readonly shape: FileShape
  readonly file: MadeFile
  readonly sidecar: MadeFile
}

/**
 * Change the content of a record, and write the file again around it.
 *
 * @param isForged the file states the accumulator of its changed blocks, so that only trusted roots show the change
 */
async function changeRecords(
  { blocks, shape, file, sidecar }: Deep,
  random: Random,
  isForged = false,
): Promise<MadeFile[]> {
  const rows = rowsOf(blocks, shape === 'era1' ? 'era1' : 'ere').map((row) => ({ ...row }))
  const row = rows[random(rows.length)] as Record<string, Uint8Array>
  const columns = Object.keys(row)
  const column = columns[random(columns.length)] as string
  const content = (row[column] as Uint8Array).slice()
  for (let n = 1 + random(2); n > 0; n--) {
    const at = random(content.length)
    content[at] = (content[at] ?? 0) ^ (1 << random(8))
  }
  row[column] = content
  try {
    const changed = await fileOf(blocks, rows, shape)
    const bytes = isForged ? changed.bytes : withAccumulatorOf(file.bytes, changed.bytes)
    return [{ name: file.name, bytes }, sidecar]
  } catch {
    // Not even the writer takes it.
    return [{ name: file.name, bytes: file.bytes }, sidecar]
  }
}

const ACCUMULATOR_HEAD = Uint8Array.of(0x07, 0, 32, 0, 0, 0, 0, 0)

function withAccumulatorOf(original: Uint8Array, changed: Uint8Array): Uint8Array {
  const from = Buffer.from(original).lastIndexOf(ACCUMULATOR_HEAD)
  const to = Buffer.from(changed).lastIndexOf(ACCUMULATOR_HEAD)
  const out = changed.slice()
  if (from >= 0 && to >= 0) out.set(original.subarray(from, from + 40), to)
  return out
}

/** Run mutations of one kind. @throws {Error} at the first wrong answer, with its seed */
export async function runKind(kind: Kind, seed: number, count: number, trust: TrustMode = 'roots'): Promise<Outcome> {
  const outcome = { mutations: count, right: 0, refused: 0, noticed: 0 }
  for (let i = 0; i < count; i++) {
    const random = randomFrom(seed + i)
    const files = await kind.change(random)
    try {
      await using history = await openHistory([memoryLocation(files)], { trustedRoots: kind.roots, trust, threads: 1 })
      const { right, refused } = await new Oracle(kind.blocks, random).ask(history)
      outcome.right += right
      outcome.refused += refused
      if (refused > 0) outcome.noticed++
    } catch (error) {
      if (!(error instanceof HistoryError)) {
        throw new Error(`${kind.name}, seed ${seed + i}: wrong answer or crash`, { cause: error })
      }
      outcome.refused++
      outcome.noticed++
    }
  }
  return outcome
}
