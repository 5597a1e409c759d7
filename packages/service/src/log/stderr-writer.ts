import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

const STDERR = 2
/** Bytes that wait for whoever reads; what comes on top of them is dropped rather than the service held up. */
const MAX_WAITING_BYTES = 1_048_576
/** Time that whoever reads has to take the last lines. */
const END_TIMEOUT_MS = 500

/** Writes to standard error: neither a slow reader nor one that is gone holds the process up. */
export class StderrWriter {
  readonly #stream: Writable

  constructor() {
    this.#stream = openStderr()
    // A log that nobody can read any more is no reason to end.
    this.#stream.on('error', () => {})
  }

  write(text: string): void {
    if (this.#stream.writableLength < MAX_WAITING_BYTES) this.#stream.write(text)
  }

  /** Resolves when all is written, or cannot be in time. */
  async end(): Promise<void> {
    const written = new Promise<void>((resolve) => this.#stream.write('', () => resolve()))
    await Promise.race([written, sleep(END_TIMEOUT_MS)])
  }
}

/** Node writes to a pipe until it is taken, and does nothing else meanwhile; a socket of our own does not wait. */
function openStderr(): Writable {
  const kind = fstatSync(STDERR)
  if (!kind.isFIFO() && !kind.isSocket()) return process.stderr
  const socket = new Socket({ fd: STDERR, readable: false, writable: true })
  socket.unref()
  return socket
}
