import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The process that made it, and what `mkdtemp` adds. */
const NAME = /^datastreamer-demo-(\d+)-\w{6}$/

/**
 * A temporary folder that is removed when the process ends, also at a second Ctrl-C. What a killed process leaves, the next
 * one removes.
 */
export class DemoFolder implements Disposable {
  readonly path: string
  readonly #remove = (): void => rmSync(this.path, { recursive: true, force: true })

  /** @param parent where it is made */
  constructor(parent: string = tmpdir()) {
    removeOrphans(parent)
    this.path = mkdtempSync(join(parent, `datastreamer-demo-${process.pid}-`))
    process.once('exit', this.#remove)
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#remove)
    this.#remove()
  }
}

/** Remove the folders of processes that have ended. */
function removeOrphans(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid] = name.match(NAME) ?? []
    if (pid === undefined || lives(Number(pid))) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // Another user's.
    }
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user lives as well.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
