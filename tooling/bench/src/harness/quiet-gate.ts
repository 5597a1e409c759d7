import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long the processors are looked at. */
const LOOK_MS = 200
/** Part of their time that others may use. */
const QUIET = 0.15

/** Lets measurements wait until the machine has little else to do, but not for ever. */
export class QuietGate {
  readonly #longestMs: number
  #waits = 0
  #quiet = 0

  constructor(longestMs: number) {
    this.#longestMs = longestMs
  }

  /** Whether any measurement has waited; a benchmark that runs once need not. */
  get asked(): boolean {
    return this.#waits > 0
  }

  /** How many measurements began on a quiet machine. */
  get text(): string {
    return `${this.#quiet} of ${this.#waits} measurements began on a quiet machine`
  }

  async wait(): Promise<void> {
    this.#waits++
    const deadline = performance.now() + this.#longestMs
    do {
      if ((await busyPart()) < QUIET) {
        this.#quiet++
        return
      }
    } while (performance.now() < deadline)
  }
}

async function busyPart(): Promise<number> {
  const before = processorTimes()
  await sleep(LOOK_MS)
  const after = processorTimes()
  const all = after.all - before.all
  return all === 0 ? 0 : 1 - (after.idle - before.idle) / all
}

function processorTimes(): { readonly all: number; readonly idle: number } {
  let [all, idle] = [0, 0]
  for (const { times } of cpus()) {
    all += Object.values(times).reduce((sum, time) => sum + time, 0)
    idle += times.idle
  }
  return { all, idle }
}
