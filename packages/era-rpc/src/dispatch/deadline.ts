import { RpcCode, RpcError } from '../protocol/rpc-error.ts'

/** Ends work that takes too long, or that nobody waits for any more. */
export class Deadline implements Disposable {
  readonly #caller: AbortSignal | undefined
  readonly #timer: ReturnType<typeof setTimeout>
  readonly #onAbort = (): void => this.#end(this.#caller?.reason)
  /** Rejects the results that are awaited. */
  readonly #waiting = new Set<(reason: unknown) => void>()
  #over: { readonly reason: unknown } | undefined
  /** Made when somebody asks for it: most calls are answered without. */
  #controller: AbortController | undefined

  constructor(ms: number, caller: AbortSignal | undefined) {
    this.#caller = caller
    this.#timer = setTimeout(() => this.#end(new RpcError(RpcCode.timedOut, 'request timed out')), ms)
    if (caller?.aborted) this.#onAbort()
    else caller?.addEventListener('abort', this.#onAbort)
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#over !== undefined) this.#controller.abort(this.#over.reason)
    }
    return this.#controller.signal
  }

  get isOver(): boolean {
    return this.#over !== undefined
  }

  /** Nobody waits any more. @throws the caller's reason */
  throwIfLeft(): void {
    this.#caller?.throwIfAborted()
  }

  /** The work's result, if it comes in time. @throws the reason of {@link signal} */
  race<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) reject(this.#over.reason)
      this.#waiting.add(reject)
      work.then(
        (value) => {
          this.#waiting.delete(reject)
          resolve(value)
        },
        (error: unknown) => {
          this.#waiting.delete(reject)
          reject(error)
        },
      )
    })
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#caller?.removeEventListener('abort', this.#onAbort)
  }

  #end(reason: unknown): void {
    if (this.#over !== undefined) return
    this.#over = { reason }
    this.#controller?.abort(reason)
    for (const reject of this.#waiting) reject(reason)
    this.#waiting.clear()
  }
}
