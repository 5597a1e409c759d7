import fc from 'fast-check'
import { expect } from 'vitest'
import { calls } from './commands.ts'
import { Model } from './model.ts'
import { realWorld, simulatedWorld } from './world.ts'

const WORLDS = { simulated: simulatedWorld, real: realWorld }

export interface ModelOptions {
  readonly world: keyof typeof WORLDS
  readonly runs: number
  /** Most calls in a sequence. */
  readonly calls: number
  /** The seed of a failure, to play it again. */
  readonly seed?: number | undefined
}

/** Play random sequences of calls on a store and on the model, each on a log of its own. */
export async function checkModel({ world, runs, calls: maxCommands, seed }: ModelOptions): Promise<void> {
  const sequences = fc.commands(calls, { maxCommands, size: 'max' })
  const property = fc.asyncProperty(sequences, async (sequence) => {
    await using real = await WORLDS[world]()
    await fc.asyncModelRun(() => ({ model: new Model(), real }), sequence)
    for (const { got, expected } of real.answers) expect(await got).toEqual(expected)
  })
  await fc.assert(property, { numRuns: runs, ...(seed !== undefined && { seed }) })
}
