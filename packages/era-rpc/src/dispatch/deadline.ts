import { RpcCode, RpcError } from '../protocol/rpc-error.ts'

/** Ends work that takes too long, or that nobody waits for any more. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController()
  readonly #caller: AbortSignal | undefined
  readonly #timer: ReturnType<typeof setTimeout>
  readonly #onAbort = (): void => this.#controller.abort(this.#caller?.reason)

  constructor(ms: number, caller: AbortSignal | undefined) {
    this.#caller = caller
    const timedOut = new RpcError(RpcCode.timedOut, 'request timed out')
    this.#timer = setTimeout(() => this.#controller.abort(timedOut), ms)
    if (caller?.aborted) this.#onAbort()
    else caller?.addEventListener('abort', this.#onAbort)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Nobody waits any more. @throws the caller's reason */
  throwIfLeft(): void {
    this.#caller?.throwIfAborted()
  }

  /** The work's result, if it comes in time. @throws the reason of {@link signal} */
  async race<T>(work: T | PromiseLike<T>): Promise<T> {
    if (!isThenable(work)) return work
    let onAbort = (): void => {}
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(this.signal.reason)
      if (this.signal.aborted) onAbort()
      else this.signal.addEventListener('abort', onAbort)
    })
    try {
      return await Promise.race([work, aborted])
    } finally {
      this.signal.removeEventListener('abort', onAbort)
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#caller?.removeEventListener('abort', this.#onAbort)
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value
}
