import { ConnectionError } from '../errors.ts'

/**
 * A generator that can be ended while it waits: `return()` of a plain async generator would only take effect once the
 * value that is awaited has come, which on a quiet stream may be never.
 */
export class Iteration<T> implements AsyncGenerator<T, void, void> {
  readonly #generator: AsyncGenerator<T, void, void>
  readonly #cancel: AbortController = new AbortController()
  #waiting = 0
  #returned = false

  /** @param make gives the generator; the signal it gets ends every wait of it */
  constructor(make: (signal: AbortSignal) => AsyncGenerator<T, void, void>, signals: readonly AbortSignal[]) {
    this.#generator = make(AbortSignal.any([this.#cancel.signal, ...signals]))
  }

  async next(): Promise<IteratorResult<T, void>> {
    this.#waiting++
    try {
      return await this.#generator.next()
    } catch (error) {
      if (this.#returned) return { done: true, value: undefined }
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
