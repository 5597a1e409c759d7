import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program that goes on; it is killed when its scope ends. */
export interface Holder extends AsyncDisposable {
  /** What it printed first. */
  readonly said: string
  kill(): Promise<void>
}

/** Time after which it is killed. */
const TIMEOUT_MS = 110_000

/** Run `hold-index.ts` on a folder in a process of its own. */
export function holdIndex(folder: string): Promise<Holder> {
  return runScript(new URL('./hold-index.ts', import.meta.url), folder)
}

/** Run `close-index.ts` on a folder in a process of its own. */
export function closeIndex(folder: string): Promise<Holder> {
  return runScript(new URL('./close-index.ts', import.meta.url), folder)
}

/** Run a script of ours until it prints a line. */
export function runScript(script: URL, folder: string): Promise<Holder> {
  return hold(process.execPath, ['--conditions=@datastreamer/source', '--no-warnings', fileURLToPath(script), folder])
}

/** Run a program until it prints a line, then it runs on. */
export async function hold(command: string, args: readonly string[]): Promise<Holder> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  const exited = once(child, 'exit')
  const [chunk] = (await Promise.race([once(child.stdout, 'data'), exited])) as [unknown]
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  return { said: String(chunk).trim(), kill, [Symbol.asyncDispose]: kill }
}
