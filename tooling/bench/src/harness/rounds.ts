import type { QuietGate } from './quiet-gate.ts'

/** Something to measure; resolves with a figure. */
export type Measure = () => Promise<number>

export interface RoundsOptions {
  readonly rounds: number
  readonly gate?: QuietGate | undefined
  /** Rounds before those, not counted (default 1). */
  readonly warmUps?: number | undefined
  /** Called for each round. */
  readonly log?: ((text: string) => void) | undefined
}

/**
 * Measure several things in turn, in each round all of them, every other round in reverse: A B, B A, A B. What slows the
 * machine for a while slows all of them alike.
 *
 * @returns the samples of each, by round
 */
export async function alternate<Name extends string>(
  measures: Readonly<Record<Name, Measure>>,
  { rounds, gate, warmUps = 1, log = () => {} }: RoundsOptions,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(measures) as Name[]
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = -warmUps; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      if (round >= 0) await gate?.wait()
      const sample = await measures[name]()
      if (round >= 0) samples[name].push(sample)
    }
    if (round >= 0) log(`round ${round + 1} of ${rounds}`)
  }
  return samples
}
