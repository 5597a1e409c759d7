import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary folder that is gone when the process ends, also when that is at a second Ctrl-C. */
export class DemoFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'datastreamer-demo-'))
  readonly #remove = (): void => rmSync(this.path, { recursive: true, force: true })

  constructor() {
    process.once('exit', this.#remove)
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#remove)
    this.#remove()
  }
}
