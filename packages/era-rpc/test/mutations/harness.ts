import { HistoryError, openHistory, type TrustedRoots, type TrustMode } from '@datastreamer/era-history'
import { randomFrom } from '@datastreamer/fixtures/random'
import { MemoryLocation } from '../beacon/support/memory-location.ts'
import { CHANGES, type Change, type Mutant } from './changes.ts'
import { makeFile, type NamedBytes, NETWORK, rootsOf, SHAPES, type Shape, type Subject } from './files.ts'
import { newTally, Questions, type Tally } from './questions.ts'

/** What is changed, and what is asked then. */
export interface Kind {
  readonly name: string
  readonly subject: Subject
  readonly change: Change
  readonly questions: Questions
  readonly roots: TrustedRoots
}

export interface Outcome extends Tally {
  mutants: number
  /** Of which some answer was not as before. */
  noticed: number
}

export const newOutcome = (): Outcome => ({ mutants: 0, noticed: 0, ...newTally() })

const START = 5n * 8192n
/** Requests about each mutant. */
const REQUESTS = 6

/** All changes of files in some shapes. */
export async function kindsOf(shapes: readonly Shape[] = SHAPES): Promise<Kind[]> {
  const kinds: Kind[] = []
  for (const shape of shapes) {
    const file = await makeFile(shape, { start: START, count: 8, seed: 3 })
    // Not beside the first one, to whose last block it is not linked: whole eras are.
    const nextStart = START + (shape === 'e2hs' ? 2n : 1n) * 8192n
    const next = await makeFile(shape, { start: nextStart, count: 4, seed: 4 })
    const foreign = await makeFile(shape, { start: START, count: 8, seed: 5 })
    const subject = { file, next, foreign }
    const blocks = [...file.blocks.slice(0, 40), ...next.blocks.slice(0, 8)]
    const last = next.blocks.at(-1)
    if (last !== undefined && !blocks.includes(last)) blocks.push(last)
    const runs = [file, next].map((each) => [each.blocks[0]?.number ?? 0n, each.blocks.at(-1)?.number ?? 0n] as const)
    await using history = await open([file, file.sidecar, next, next.sidecar], {}, 'roots')
    const questions = await Questions.of(history, blocks, runs)
    const roots = rootsOf([file, next])
    for (const change of CHANGES) kinds.push({ name: `${shape}: ${change.name}`, subject, change, questions, roots })
  }
  return kinds
}

function open(
  files: readonly NamedBytes[],
  trustedRoots: TrustedRoots,
  trust: TrustMode,
): ReturnType<typeof openHistory> {
  return openHistory([new MemoryLocation(files.map(({ name, bytes }) => [name, bytes]))], {
    trustedRoots,
    trust,
    threads: 0,
    network: NETWORK,
  })
}

export interface RunOptions {
  /** Of the first mutant. */
  readonly seed: number
  readonly count: number
  /** Between the seeds of two mutants (default 1). */
  readonly step?: number
  /** This trust for all, and what is answered is judged as if it was verified. */
  readonly only?: TrustMode
}

/**
 * Ask about mutants of one kind, each with a trust that its seed chooses: without roots, with some, all required, or no
 * verification.
 *
 * @throws {Error} the first wrong answer, with its seed
 */
export async function runKind(kind: Kind, { seed: first, count, step = 1, only }: RunOptions): Promise<Outcome> {
  const outcome = newOutcome()
  const { change, questions, subject } = kind
  for (let i = 0; i < count; i++) {
    const seed = first + i * step
    const random = randomFrom(seed)
    const isGiven = change.needsRoots === true || random(3) > 0
    const trust = only ?? (random(8) === 0 ? 'none' : isGiven && random(2) === 0 ? 'require' : 'roots')
    try {
      const mutant = await change.make(subject, random)
      const tally = await askAbout(mutant, { kind, trust, isGiven, random })
      for (const [name, value] of Object.entries(tally)) outcome[name as keyof Tally] += value
      if (tally.right <= REQUESTS) outcome.noticed++
    } catch (error) {
      throw new Error(`${kind.name}, trust ${trust}, seed ${seed}: ${(error as Error).message}`, { cause: error })
    }
    outcome.mutants++
  }
  return outcome

  interface Trusting {
    readonly kind: Kind
    readonly trust: TrustMode
    readonly isGiven: boolean
    readonly random: ReturnType<typeof randomFrom>
  }

  async function askAbout(
    { files, block }: Mutant,
    { kind: { roots }, trust, isGiven, random }: Trusting,
  ): Promise<Tally> {
    let history: Awaited<ReturnType<typeof open>>
    try {
      history = await open(files, isGiven ? roots : {}, trust)
    } catch (error) {
      if (error instanceof HistoryError && change.effect.startsWith('refuses'))
        return { ...newTally(), refused: REQUESTS + 1 }
      throw error
    }
    await using opened = history
    const asked = block === undefined ? undefined : START + BigInt(block)
    const mayBeUnverified = trust === 'none' && only === undefined
    return await questions.ask({
      ...{ history: opened, count: REQUESTS, effect: change.effect, block: asked, mayBeUnverified, random },
    })
  }
}
