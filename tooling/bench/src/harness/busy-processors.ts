import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** As many processes as there are processors, each of which computes all the time, at the priority of this one. */
export class BusyProcessors implements Disposable {
  readonly #children: readonly ChildProcess[]

  constructor() {
    // They look now and then whether this process is still there.
    const script = 'while kill -0 "$PPID"; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done'
    this.#children = Array.from({ length: availableParallelism() }, () =>
      spawn('sh', ['-c', script], { stdio: 'ignore' }),
    )
  }

  get count(): number {
    return this.#children.length
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }
}
