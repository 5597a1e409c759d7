import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { CHAIN_ID } from './made-up-file.ts'

const MAIN = fileURLToPath(import.meta.resolve('@datastreamer/cli/dist/main.js'))

/** Run a command of e2store files to its end. @returns ms that it took @throws {Error} it fails */
export function runE2store(...args: readonly string[]): Promise<number> {
  return runTimed(process.execPath, [MAIN, 'e2store', ...args])
}

/** Run a program to its end. @returns ms that it took @throws {Error} it fails */
export async function runTimed(program: string, args: readonly string[]): Promise<number> {
  const start = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4096)
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${errors}`)
  return performance.now() - start
}

/** What bounds searches is set so high that a search for anything ends. */
const LIMITS = ['--max-logs', '10000000', '--max-search-time', '900', '--request-timeout', '900']

/** `datastreamer e2store serve`, as it is shipped. */
export class ServeProcess implements AsyncDisposable {
  readonly port: number
  readonly #child: ChildProcessByStdio<Writable, Readable, null>

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, port: number) {
    this.#child = child
    this.port = port
  }

  /** Serve a folder, or an address, of files whose accumulators are in a list. */
  static async start(location: string, accumulators: string): Promise<ServeProcess> {
    const trust = ['--trust', 'require', '--accumulators', accumulators]
    const options = ['--port', '0', '--chain-id', String(CHAIN_ID), '--log-level', 'error', ...trust, ...LIMITS]
    // If this process is killed, the pipe to the server is closed, and the server ends by that.
    const args = [MAIN, 'e2store', 'serve', location, ...options, '--end-with-stdin']
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = once(child, 'exit').then(([status]) => {
      throw new Error(`serve ${location} ended with ${status}`)
    })
    ended.catch(() => {})
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
    return new ServeProcess(child, Number(/rpc=\S*:(\d+)/.exec(String(line))?.[1]))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}
