import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { StreamError } from '@datastreamer/format'

/** The server of the demo did not start, or ended. */
class DemoServerError extends StreamError<'SERVER_FAILED'> {
  override readonly name: string = 'DemoServerError'
}

/** Time that the server has to end before it is killed. */
const END_TIMEOUT_MS = 10_000

/** `datastreamer-server` in a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #kill = (): void => void this.#child.kill('SIGKILL')

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#ended = once(child, 'close')
    // Before what removes its files.
    process.prependOnceListener('exit', this.#kill)
  }

  /** Start it; its log goes to this process's standard error. */
  static start(args: readonly string[]): ServerProcess {
    const main = fileURLToPath(import.meta.resolve('@datastreamer/server-app/main'))
    // In a group of its own: Ctrl-C is for this process, which ends the server itself. If this process is killed, the
    // pipe to the server is closed, and the server ends by that.
    const child = spawn(process.execPath, [...process.execArgv, main, '--end-with-stdin', ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    })
    return new ServerProcess(child)
  }

  /**
   * Wait until it serves.
   *
   * @returns host:port
   * @throws {DemoServerError} if it ends before
   * @throws the signal's reason
   */
  async ready(signal: AbortSignal): Promise<string> {
    const { stdout } = this.#child
    if (stdout === null) throw new TypeError('the output of the server is not read')
    const lines = createInterface({ input: stdout })
    const line = await Promise.race([
      once(lines, 'line', { signal }).then(([text]) => String(text)),
      this.#ended.then(() => undefined),
    ]).catch((error: unknown) => {
      signal.throwIfAborted()
      throw error
    })
    const [, address] = /\bstream=(\S+)/.exec(line ?? '') ?? []
    if (address !== undefined) return address
    throw new DemoServerError('SERVER_FAILED', `the server did not start (status ${this.#child.exitCode})`)
  }

  /** Rejects when it ends. */
  async failure(): Promise<never> {
    await this.#ended
    throw new DemoServerError('SERVER_FAILED', `the server ended (status ${this.#child.exitCode})`)
  }

  /** End it, in order if it can. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM')
    const late = setTimeout(this.#kill, END_TIMEOUT_MS)
    await this.#ended
    clearTimeout(late)
    process.off('exit', this.#kill)
  }
}
