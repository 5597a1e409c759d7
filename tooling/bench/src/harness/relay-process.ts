import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(import.meta.resolve('@datastreamer/relay-app/main'))

/** `datastreamer-relay`, as it is shipped. */
export class RelayProcess implements AsyncDisposable {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  /** Run one that follows a server on this machine and begins with a file that it finds, or makes. */
  static async start(serverPort: number, file: string): Promise<RelayProcess> {
    const args = ['--server', `127.0.0.1:${serverPort}`, '--file', file, '--host', '127.0.0.1', '--port', '0']
    // If this process is killed, the pipe to the relay is closed, and the relay ends by that.
    const child = spawn(process.execPath, [MAIN, ...args, '--log-level', 'warn', '--end-with-stdin'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    return new RelayProcess(child, Number(/:(\d+)/.exec(String(line))?.[1]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}
