import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'
import { InterruptedError } from '../errors.ts'

export interface AskOptions {
  readonly input: Readable
  readonly output: Writable
  readonly signal: AbortSignal
}

/** Ask a question on a terminal: whether the answer is a yes. The end of the input is none. @throws {InterruptedError} */
export async function agrees(question: string, { input, output, signal }: AskOptions): Promise<boolean> {
  const terminal = createInterface({ input, output, terminal: true })
  const closed = new AbortController()
  // Reading a terminal key by key, readline gets Ctrl-C and Ctrl-D as such.
  terminal.once('SIGINT', () => closed.abort(new InterruptedError()))
  terminal.once('close', () => closed.abort())
  try {
    const answer = await terminal.question(question, { signal: AbortSignal.any([signal, closed.signal]) })
    return /^y(es)?$/i.test(answer.trim())
  } catch (error) {
    output.write('\n')
    signal.throwIfAborted()
    if (closed.signal.reason instanceof InterruptedError) throw closed.signal.reason
    if (closed.signal.aborted) return false
    throw error
  } finally {
    terminal.close()
  }
}
