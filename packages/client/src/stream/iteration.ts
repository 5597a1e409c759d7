import { ConnectionError } from '../errors.ts'

export interface IterationEnds {
  /** Each ends every wait; its reason is thrown, or the iteration is done. */
  readonly signals: readonly AbortSignal[]
  readonly onAbort: 'throw' | 'return'
}

/**
 * A generator that can be ended while it waits: `return()` of a plain async generator would only take effect once the
 * value that is awaited has come, which on a quiet stream may be never.
 */
export class Iteration<T> implements AsyncGenerator<T, void, void> {
  readonly #generator: AsyncGenerator<T, void, void>
  readonly #cancel: AbortController = new AbortController()
  /** Aborted when the iteration is to be done without an error. */
  readonly #end: AbortSignal | undefined
  #waiting = 0
  #returned = false

  /** @param make gives the generator; the signal it gets ends every wait of it */
  constructor(make: (signal: AbortSignal) => AsyncGenerator<T, void, void>, { signals, onAbort }: IterationEnds) {
    const signal = AbortSignal.any([this.#cancel.signal, ...signals])
    this.#generator = make(signal)
    this.#end = onAbort === 'return' ? signal : undefined
  }

  async next(): Promise<IteratorResult<T, void>> {
    if (this.#end?.aborted) return this.return()
    this.#waiting++
    try {
      return await this.#generator.next()
    } catch (error) {
      if (this.#returned || (this.#end?.aborted && error === this.#end.reason)) return { done: true, value: undefined }
      throw error
    } finally {
      this.#waiting--
    }
  }

  async return(): Promise<IteratorResult<T, void>> {
    this.#returned = true
    if (this.#waiting > 0) this.#cancel.abort(new ConnectionError('CLOSED', 'the iteration was ended'))
    await this.#generator.return()
    return { done: true, value: undefined }
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    await this.return()
    throw error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
