import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { OutputClosedError } from '../errors.ts'

/** Standard output that waits for whoever reads it, and ends the command when nobody does any more. */
export class Output {
  readonly #stream: Writable
  readonly #closed = new AbortController()

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', () => this.#closed.abort(new OutputClosedError()))
  }

  /** Aborted, with an {@link OutputClosedError}, when nobody reads any more. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Write lines; resolves when there is room for more. @throws {OutputClosedError} */
  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return
    this.closed.throwIfAborted()
    if (this.#stream.write(`${lines.join('\n')}\n`)) return
    try {
      await once(this.#stream, 'drain', { signal: this.closed })
    } catch (error) {
      this.closed.throwIfAborted()
      throw error
    }
  }

  /** Write one line. @throws {OutputClosedError} */
  async line(line: string): Promise<void> {
    await this.lines([line])
  }
}
