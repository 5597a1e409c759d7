import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log/log.ts'

/** Why the process ends. */
export type EndReason =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'asked' }
  | { readonly kind: 'failed'; readonly error: unknown }

const KEEP_ALIVE_MS = 0x7fff_ffff

/**
 * Decides when the process ends: at SIGTERM or SIGINT, at an error that nobody caught, or when it is told to. Whatever
 * comes second ends it at once.
 */
export class Shutdown {
  readonly #log: Log
  readonly #controller = new AbortController()
  readonly #reason: Promise<EndReason>
  #end: (reason: EndReason) => void = () => {}
  #ending = false

  constructor(log: Log) {
    this.#log = log
    this.#reason = new Promise((resolve) => {
      this.#end = resolve
    })
    // A service lives until it is told to end, even if nothing else keeps the process busy.
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

  /** What `work` gives, or `late`: once the process is to end, it is waited for so long and no longer. */
  within<T>(work: Promise<T>, timeoutMs: number): Promise<T | 'late'> {
    return Promise.race([work, this.#reason.then(() => sleep(timeoutMs, 'late' as const))])
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
    process.exit(code)
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (!this.#ending) this.#log.info('ending', `${signal}: ending; a second signal ends at once`)
    else this.#log.warn('killed', `${signal} again: ending at once`)
    this.#begin({ kind: 'signal', signal })
  }

  #begin(reason: EndReason): void {
    if (this.#ending) process.exit(1)
    this.#ending = true
    this.#controller.abort(new DOMException('the process is ending', 'AbortError'))
    this.#end(reason)
  }
}
