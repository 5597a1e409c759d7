import { resolve } from 'node:path'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { CommanderError } from 'commander'
import { createProgram } from '../src/program.ts'
import { runWork } from '../src/run-command.ts'

export const CLI: string = resolve(import.meta.dirname, '../src/main.ts')
export const SERVER: string = resolve(import.meta.dirname, '../../server/src/main.ts')

/** How a command ended. */
export interface CommandResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Run `datastreamer` to its end, in this process. */
export async function datastreamer(...args: readonly string[]): Promise<CommandResult> {
  const stdout = new Sink()
  const stderr = new Sink()
  let status = 0
  const program = createProgram(async (work) => {
    status = await runWork(work, { stdout, stderr }, AbortSignal.timeout(280_000))
  })
  for (const command of [program, ...program.commands]) {
    command.configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    status = 2
  }
  await Promise.all([finished(stdout.end()), finished(stderr.end())])
  return { status, stdout: stdout.text, stderr: stderr.text }
}

/** What a command that went well printed, line by line. @throws {Error} if it did not go well */
export async function linesOf(...args: readonly string[]): Promise<string[]> {
  const { status, stdout, stderr } = await datastreamer(...args)
  if (status !== 0) throw new Error(`${args.join(' ')}: status ${status}: ${stderr}`)
  return stdout.trimEnd().split('\n')
}

/** The JSON objects that a command that went well printed. */
export async function jsonOf(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  return (await linesOf(...args, '--json')).map((line) => JSON.parse(line))
}

/** Keeps what is written. It is slow to take it, so that a command has to wait. */
class Sink extends Writable {
  text = ''

  constructor() {
    super({ highWaterMark: 1024 })
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    setImmediate(done)
  }
}
