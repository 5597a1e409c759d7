import { connect, type Socket } from 'node:net'
import type { Intake } from './intake.ts'

/** Bytes that one read takes; they are shared by all readers of a process. */
const shared = Buffer.allocUnsafeSlow(256 * 1024)

/** A connection that receives what is written, and hands it to an intake. */
export class LiveReader {
  readonly #socket: Socket
  readonly #intake: Intake
  /** The beginning of a message. */
  #rest: Buffer = Buffer.alloc(0)
  #onProgress: () => void = () => {}
  #failure: Error | undefined

  /** @param intakeOf makes the intake; what that has to say goes to the server */
  constructor(port: number, intakeOf: (say: (bytes: Uint8Array) => void) => Intake) {
    this.#intake = intakeOf((bytes) => void this.#socket.write(bytes))
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          this.#take(shared.subarray(0, length))
          return true
        },
      },
    })
    this.#socket.once('connect', () => this.#socket.write(this.#intake.hello, () => this.#onProgress()))
    this.#socket.once('error', (error) => this.#fail(error))
    this.#socket.once('close', () => this.#fail(new Error(`closed after ${this.#intake.entries} entries`)))
  }

  /** Resolves when the server sends what is written from now on. */
  async started(): Promise<void> {
    await this.#until(() => this.#intake.started && this.#socket.bytesWritten >= this.#intake.hello.length)
  }

  /** Resolves when so many entries are there. */
  async received(entries: number): Promise<void> {
    await this.#until(() => this.#intake.entries >= entries)
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#onProgress = resolve
      })
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#socket.destroy()
    this.#onProgress()
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    try {
      const taken = this.#intake.take(bytes)
      // A copy: another reader's bytes come to the same memory next.
      this.#rest = Buffer.from(bytes.subarray(taken))
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
      return
    }
    this.#onProgress()
  }
}
