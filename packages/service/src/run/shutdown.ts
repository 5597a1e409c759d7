import { ExitCode } from '../exit-code.ts'
import type { Log } from '../log/log.ts'
import { endProcess } from './end-process.ts'

/** Why the process ends. */
export type EndReason =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'asked' }
  | { readonly kind: 'failed'; readonly error: unknown }

const KEEP_ALIVE_MS = 0x7fff_ffff

/**
 * Decides when the process ends: at SIGTERM or SIGINT, at an error that nobody caught, or when it is asked to. From then on
 * it has so long to end in order, and no longer, whatever it waits for. Whatever comes second ends it at once.
 */
export class Shutdown {
  readonly #log: Log
  readonly #controller = new AbortController()
  readonly #reason: Promise<EndReason>
  #end: (reason: EndReason) => void = () => {}
  #ending = false
  readonly #timeoutMs: number
  #isStarted = false

  /** @param timeoutMs how long ending in order may take */
  constructor(log: Log, timeoutMs: number) {
    this.#log = log
    this.#timeoutMs = timeoutMs
    this.#reason = new Promise((resolve) => {
      this.#end = resolve
    })
    // A service lives until it is asked to end, even if nothing else keeps the process busy.
    setInterval(() => {}, KEEP_ALIVE_MS)
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#onSignal(signal))
    process.on('uncaughtException', (error) => this.fail(error))
    process.on('unhandledRejection', (error) => this.fail(error))
  }

  /** Aborted when the process is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Resolves when the process is to end. */
  get reason(): Promise<EndReason> {
    return this.#reason
  }

  /** The service has started. */
  started(): void {
    this.#isStarted = true
  }

  /** End in order, as at a signal. @param why for the log */
  end(why: string): void {
    if (this.#ending) return
    this.#log.info('ending', `${why}: ending`)
    this.#begin({ kind: 'asked' })
  }

  fail(error: unknown): void {
    this.#log.fatal('failed', error instanceof Error ? error.message : String(error), { error })
    this.#begin({ kind: 'failed', error })
  }

  /** End, once the log is written. */
  async exit(code: number): Promise<never> {
    await this.#log.end()
    // What could not be closed may be a thread that waits for a disk.
    if (this.#ending && code !== ExitCode.ok) endProcess(code)
    process.exit(code)
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (!this.#ending) this.#log.info('ending', `${signal}: ending; a second signal ends at once`)
    else this.#log.warn('killed', `${signal} again: ending at once`)
    this.#begin({ kind: 'signal', signal })
  }

  #begin(reason: EndReason): void {
    if (this.#ending) endProcess(ExitCode.failed)
    this.#ending = true
    setTimeout(() => void this.#endLate(), this.#timeoutMs)
    this.#controller.abort(new DOMException('the process is ending', 'AbortError'))
    this.#end(reason)
  }

  async #endLate(): Promise<void> {
    if (this.#isStarted) this.#log.error('close-late', `not ended within ${this.#timeoutMs} ms: ending as it is`)
    else this.#log.error('start-late', `still starting ${this.#timeoutMs} ms after it was to end`)
    await this.#log.end()
    endProcess(ExitCode.failed)
  }
}
