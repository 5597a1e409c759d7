import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const CHECKOUT = join(import.meta.dirname, '../../../..')
const PROCESSES = 'tooling/bench/src/processes'

/** A process that a benchmark runs, and asks one thing after the other. */
export class BenchProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #script: string

  private constructor(child: ChildProcess, script: string) {
    this.#child = child
    this.#script = script
  }

  /**
   * Run a script of `src/processes`, which answers through {@link answerQuestions}.
   *
   * @param checkout folder of the repository whose script, and packages, are run (default: this one)
   */
  static async start(
    script: string,
    flags: readonly string[] = [],
    checkout: string = CHECKOUT,
  ): Promise<BenchProcess> {
    const child = fork(join(checkout, PROCESSES, script), { execArgv: [...process.execArgv, ...flags] })
    await once(child, 'spawn')
    return new BenchProcess(child, script)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Ask, and wait for the answer. @throws {Error} what the process threw, or that it ended */
  async ask<Answer>(question: unknown): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error(`${this.#script} ended`))
      this.#child.once('exit', onExit)
      this.#child.once('message', (message: Reply<Answer>) => {
        this.#child.off('exit', onExit)
        if ('error' in message) reject(new Error(`${this.#script}: ${message.error}`))
        else resolve(message.answer)
      })
      this.#child.send({ question })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.disconnect()
    await exit
  }
}

type Reply<Answer> = { readonly answer: Answer } | { readonly error: string }

/** In the process: answer what is asked, until the benchmark goes. */
export function answerQuestions<Question>(answer: (question: Question) => Promise<unknown>): void {
  process.on('message', async ({ question }: { readonly question: Question }) => {
    try {
      process.send?.({ answer: (await answer(question)) ?? null })
    } catch (error) {
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
  process.once('disconnect', () => process.exit())
}

/** Ask one thing of a process that is started for it. */
export async function askOnce<Answer>(
  script: string,
  question: unknown,
  flags?: readonly string[],
  checkout?: string,
): Promise<Answer> {
  await using child = await BenchProcess.start(script, flags, checkout)
  return await child.ask<Answer>(question)
}
