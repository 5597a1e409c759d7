import { setImmediate as turn } from 'node:timers/promises'
import { oneOf, type Random, randomFrom } from '@datastreamer/fixtures/random'
import { PublishError } from '../../src/publish/publish-error.ts'
import { Crash } from './memory-world.ts'
import { PublishHarness } from './publish-harness.ts'

const STOPPED = new Error('stopped')

/** From here on the stream grows slowly. */
const MANY_ENTRIES = 120

/**
 * Random histories: a stream that grows and is truncated, also while it is read; a publisher that dies at any write and
 * starts again, whose requests arrive late, which loses its state, or whose history is restored from a backup. At every moment the
 * history is checked; at its end it has all of the stream.
 */
export async function publishModels(runs: number, seed: number): Promise<void> {
  for (let i = 0; i < runs; i++) {
    const of = seed + i
    await new PublishModel(randomFrom(of), new PublishHarness(of)).run().catch((cause: unknown) => {
      throw new Error(`history ${of}: ${cause}`, { cause })
    })
  }
}

class PublishModel {
  readonly #random: Random
  readonly #harness: PublishHarness
  #failure: unknown

  constructor(random: Random, harness: PublishHarness) {
    this.#random = random
    this.#harness = harness
  }

  async run(): Promise<void> {
    const { world, stream, watch } = this.#harness
    world.onChange = () => {
      watch.check(new Map(world.objects)).catch((error: unknown) => {
        this.#failure ??= error
      })
    }
    world.onCall = () => {
      if (this.#random(16) === 0) this.#changeStream()
      if (this.#random(8) === 0) world.deliver()
    }
    const backups = [new Map(world.objects)]
    for (let rounds = 2 + this.#random(5); rounds > 0; rounds--) {
      this.#changeStream()
      await this.#loseSomething(backups)
      if (!(await this.#live())) return this.#throwFailure()
      backups.push(new Map(world.objects))
      if (this.#random(2) === 0) world.deliver()
    }
    world.onCall = () => {}
    world.deliver(true)
    if (!(await this.#publish({ rest: true }))) return this.#throwFailure()
    await this.#throwFailure()
    const { valid } = await this.#harness.check()
    const { number } = valid.at(-1)?.end ?? { number: 0n }
    if (number !== BigInt(stream.length)) throw new Error(`published up to ${number} of ${stream.length} entries`)
  }

  #changeStream(): void {
    const { stream } = this.#harness
    if (this.#random(4) === 0) stream.truncate(this.#random(stream.length + 1))
    stream.append(this.#random(stream.length < MANY_ENTRIES ? 60 : 5))
  }

  /** The state, or some objects; never the largest checkpoint in both places: then nobody could know of it. */
  async #loseSomething(backups: readonly Map<string, Uint8Array>[]): Promise<void> {
    const { world, watch } = this.#harness
    const isIn = async (note: Uint8Array | undefined): Promise<boolean> =>
      (note === undefined ? 0 : (await watch.keys.open(note))?.size) === watch.largest
    if (this.#random(8) === 0 && !world.hasLate && (await isIn(world.objects.get('checkpoint')))) {
      world.state = new Map()
    } else if (this.#random(8) === 0 && (await isIn(world.state.get('checkpoint')))) {
      world.deliver(true)
      world.objects = new Map(oneOf(backups, this.#random))
    }
  }

  /** One life of a publisher. Gives whether another may follow. */
  async #live(): Promise<boolean> {
    const kind = oneOf(['before', 'after', 'late'] as const, this.#random)
    const { objects, state } = this.#harness.world.session({ crashAt: this.#random(60), kind })
    const lag = { entries: this.#random(20) }
    const life = { destination: objects, state, lag }
    if (this.#random(2) === 0) return this.#publish({ ...life, rest: this.#random(4) === 0 })
    const stop = new AbortController()
    const following = this.#publish({ ...life, follow: true, signal: stop.signal })
    // What it fails with is thrown below.
    following.catch(() => undefined)
    for (let changes = this.#random(12); changes > 0; changes--) {
      for (let turns = this.#random(60); turns > 0; turns--) await turn()
      this.#changeStream()
    }
    stop.abort(STOPPED)
    return following
  }

  /** Gives whether publishing may go on. */
  async #publish(options: Parameters<PublishHarness['publish']>[0]): Promise<boolean> {
    const isStateless = !this.#harness.world.state.has('checkpoint')
    try {
      await this.#harness.publish(options)
      return true
    } catch (error) {
      if (error instanceof Crash || error === STOPPED) return true
      // Without state, a publisher does not go on where the stream has other entries than the history.
      if (isStateless && error instanceof PublishError && error.code === 'FOREIGN_CHECKPOINT') return false
      throw error
    }
  }

  async #throwFailure(): Promise<void> {
    for (let turns = 0; turns < 10; turns++) await turn()
    if (this.#failure !== undefined) throw this.#failure
  }
}
