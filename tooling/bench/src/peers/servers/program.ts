import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isOpen } from '../../harness/is-open.ts'

/** Where Debian puts servers, whether or not the shell looks there. */
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin']
const START_TIMEOUT_MS = 10_000

/** @returns its path @throws {Error} it is not installed, with the package of Debian that has it */
export function findProgram(name: string, debianPackage: string): string {
  for (const folder of FOLDERS) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {}
  }
  throw new Error(`${name} is not installed, and this benchmark measures it: apt-get install ${debianPackage}`)
}

/** A server that runs until it is disposed, or this process ends. */
export class ServerProgram implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #kill = (): void => void this.#child.kill('SIGKILL')

  private constructor(child: ChildProcess) {
    this.#child = child
    process.prependOnceListener('exit', this.#kill)
  }

  /** Resolves when it listens on the port. @throws {Error} it ended, or does not listen in time */
  static async start(path: string, args: readonly string[], port: number): Promise<ServerProgram> {
    const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    await once(child, 'spawn')
    const program = new ServerProgram(child)
    const deadline = performance.now() + START_TIMEOUT_MS
    while (!(await isOpen(port))) {
      if (child.exitCode !== null || performance.now() > deadline) {
        await program[Symbol.asyncDispose]()
        throw new Error(`${path} ${args.join(' ')} does not listen on port ${port}`)
      }
      await sleep(10)
    }
    return program
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#kill)
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#kill()
    await exit
  }
}
