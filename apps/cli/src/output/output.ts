import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { escapeControls } from '@datastreamer/service/text'
import { OutputClosedError, OutputFailedError } from '../errors.ts'

/**
 * Standard output that waits for whoever reads it, and ends the command when nobody does any more or it fails. What lines
 * hold from outside gives no commands to a terminal.
 */
export class Output {
  readonly #stream: Writable
  readonly #closed = new AbortController()

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', (error) => this.#fail(error))
  }

  /** Aborted, with an {@link OutputClosedError} when nobody reads any more, else with an {@link OutputFailedError}. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Write lines; resolves when there is room for more. @throws {OutputClosedError} @throws {OutputFailedError} */
  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return
    this.closed.throwIfAborted()
    if (this.#stream.write(`${lines.map(escapeControls).join('\n')}\n`)) return
    try {
      await once(this.#stream, 'drain', { signal: this.closed })
    } catch (error) {
      this.closed.throwIfAborted()
      throw error
    }
  }

  /** Write one line. @throws {OutputClosedError} @throws {OutputFailedError} */
  async line(line: string): Promise<void> {
    await this.lines([line])
  }

  /** Resolves when all lines are taken. @throws {OutputClosedError} @throws {OutputFailedError} */
  async flush(): Promise<void> {
    // A failed write makes itself known only later, by an event.
    const error = await new Promise<Error | null | undefined>((resolve) => this.#stream.write('', resolve))
    if (error) this.#fail(error)
    this.closed.throwIfAborted()
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#closed.abort(error.code === 'EPIPE' ? new OutputClosedError() : new OutputFailedError(error))
  }
}
