import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Holder {
  /** What it printed first. */
  readonly said: string
  kill(): Promise<void>
}

/** Run `hold-index.ts` on a folder in a process of its own. */
export function holdIndex(folder: string): Promise<Holder> {
  return runScript('./hold-index.ts', folder)
}

/** Run `close-index.ts` on a folder in a process of its own. */
export function closeIndex(folder: string): Promise<Holder> {
  return runScript('./close-index.ts', folder)
}

function runScript(name: string, folder: string): Promise<Holder> {
  const script = fileURLToPath(new URL(name, import.meta.url))
  return hold(process.execPath, ['--conditions=@datastreamer/source', '--no-warnings', script, folder])
}

/** Run a program until it prints a line, and let it go on. */
export async function hold(command: string, args: readonly string[]): Promise<Holder> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const [chunk] = (await Promise.race([once(child.stdout, 'data'), exited])) as [unknown]
  return {
    said: String(chunk).trim(),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
