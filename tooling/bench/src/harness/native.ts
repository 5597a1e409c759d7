import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SOURCES = join(import.meta.dirname, '../../native')

/** A measuring program of `native`: in C, so that what measures is neither our code nor our language. */
export type NativeProgram = 'count' | 'live' | 'sendfile'

/**
 * Compile a program into a folder.
 *
 * @param compiler its name (default `cc`)
 * @returns its path
 * @throws {Error} that says what to install, if there is no compiler, or what it said
 */
export async function compile(program: NativeProgram, folder: string, compiler = 'cc'): Promise<string> {
  const path = join(folder, program)
  try {
    await run(compiler, ['-O2', '-pthread', '-o', path, join(SOURCES, `${program}.c`)])
    return path
  } catch (error) {
    const what = `${program}.c, which this benchmark measures with, could not be compiled`
    throw new Error(`${what}: apt-get install gcc libc6-dev\n${(error as Error).message}`, { cause: error })
  }
}

/** Run a program that prints one line of JSON and ends. @throws {Error} with what it said, if it failed */
export async function runNative<Answer>(path: string, args: readonly (string | number)[]): Promise<Answer> {
  const { stdout } = await run(path, args.map(String))
  return JSON.parse(stdout) as Answer
}

/** A program that prints lines of JSON, takes lines, and ends when its standard input does. */
export class NativeProcess implements AsyncDisposable {
  readonly #child: ChildProcess & { readonly stdin: Writable; readonly stdout: Readable }
  readonly #path: string
  readonly #lines: AsyncIterator<string>

  constructor(path: string, args: readonly (string | number)[]) {
    this.#path = path
    this.#child = spawn(path, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
    // It may have ended; then its next line is missing.
    this.#child.stdin.on('error', () => {})
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** The next line that it prints. @throws {Error} if it ends without */
  async next<Answer>(): Promise<Answer> {
    const { done, value } = await this.#lines.next()
    if (done === true) throw new Error(`${this.#path} ended`)
    return JSON.parse(value) as Answer
  }

  say(line: string): void {
    this.#child.stdin.write(`${line}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.stdin.end()
    await exit
  }
}
