import type { WriteStream } from 'node:tty'

/** Time before anything is shown: short work needs no bar. */
const PATIENCE_MS = 500
const INTERVAL_MS = 100
const WIDTH = 30

/** A bar on a terminal for work that takes long; nothing anywhere else. */
export class Progress implements Disposable {
  readonly #label: string
  readonly #stream: WriteStream | undefined
  readonly #startedAt = performance.now()
  #shownAt = 0

  constructor(label: string, stream: WriteStream = process.stderr) {
    this.#label = label
    this.#stream = stream.isTTY ? stream : undefined
  }

  /** Show how far the work is: `done` of `total`, in any unit. */
  show(done: number, total: number): void {
    const now = performance.now()
    if (this.#stream === undefined || now - this.#startedAt < PATIENCE_MS || now - this.#shownAt < INTERVAL_MS) return
    this.#shownAt = now
    const part = total > 0 ? Math.min(1, done / total) : 1
    const filled = Math.floor(part * WIDTH)
    const bar = `${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}`
    this.#stream.write(`\r${this.#label} [${bar}] ${String(Math.floor(part * 100)).padStart(3)}%`)
  }

  /** Take the bar away, so that other lines can be written. */
  clear(): void {
    if (this.#shownAt === 0) return
    this.#stream?.write('\r\x1b[K')
    this.#shownAt = 0
  }

  [Symbol.dispose](): void {
    this.clear()
  }
}
