import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** One run, as the process reports it. `peakMb` is that of the process up to the end of the run. */
interface Run {
  readonly items: number
  readonly ms: number
  /** Of all threads: the just-in-time compiler's and the garbage collector's included. */
  readonly cpuMs: number
  readonly peakMb: number
}

/** A process that does one task again and again, and what its runs took, the first of them cold. */
export class Contender {
  readonly runs: Run[] = []
  readonly #child: ChildProcess
  readonly #ended: Promise<never>

  constructor(subject: string, task: string, path: string) {
    this.#child = fork(new URL('./child.mjs', import.meta.url), [subject, task, path])
    this.#ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`the process for ${subject} ${task} ended with status ${code}`)
    })
    this.#ended.catch(() => undefined)
  }

  async run(): Promise<Run> {
    const answer = once(this.#child, 'message')
    this.#child.send('run')
    const [run] = (await Promise.race([answer, this.#ended])) as [Run]
    this.runs.push(run)
    return run
  }

  get peakMb(): number {
    return this.runs.at(-1)?.peakMb ?? 0
  }

  close(): void {
    this.#child.disconnect()
  }
}
