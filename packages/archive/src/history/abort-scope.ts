import type { Signal } from '@datastreamer/format'

/** What is used of the platform's signals, where it has them. */
interface Waitable {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

interface Controller {
  readonly signal: Signal
  abort(reason?: unknown): void
}

/**
 * Work that ends together: by the signals that were given, or by {@link end}. Where the platform has no signals, work
 * under way goes on, and its result is dropped.
 */
export class AbortScope implements Disposable {
  readonly #controller: Controller | undefined
  readonly #given: readonly Waitable[]
  readonly #listener = (): void => {
    const aborted = this.#given.find((signal) => signal.aborted)
    this.#controller?.abort(aborted?.reason)
  }

  constructor(signals: readonly (Signal | undefined)[]) {
    const { AbortController } = globalThis as { readonly AbortController?: new () => Controller }
    this.#controller = AbortController && new AbortController()
    this.#given = signals.filter(isWaitable)
    for (const signal of this.#given) signal.addEventListener('abort', this.#listener)
    if (this.#given.some(({ aborted }) => aborted)) this.#listener()
  }

  get signal(): Signal | undefined {
    return this.#controller?.signal
  }

  end(reason?: unknown): void {
    this.#controller?.abort(reason)
  }

  [Symbol.dispose](): void {
    for (const signal of this.#given) signal.removeEventListener('abort', this.#listener)
  }
}

/** Wait for something that goes on for others, until the signal. @throws its reason */
export function orAborted<T>(work: Promise<T>, signal: Signal | undefined): Promise<T> {
  if (!isWaitable(signal)) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function isWaitable(signal: Signal | undefined): signal is Signal & Waitable {
  return signal !== undefined && 'addEventListener' in signal
}
