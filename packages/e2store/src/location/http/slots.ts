import type { AbortLike } from '../../abort.ts'
import type { WebSignal } from '../web.ts'
import { waitable } from './waitable.ts'

/** Lets so many works run at a time; the others wait in the order in which they came. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Do a work when it may run. The signal ends the wait; the work has to look at it itself. */
  async run<T>(work: () => Promise<T>, signal?: AbortLike): Promise<T> {
    if (this.#free > 0) this.#free--
    else await this.#turn(waitable(signal))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }

  #turn(signal: WebSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onTurn = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        signal?.removeEventListener('abort', onAbort)
        this.#waiting.splice(this.#waiting.indexOf(onTurn), 1)
        reject(signal?.reason)
      }
      this.#waiting.push(onTurn)
      signal?.addEventListener('abort', onAbort)
    })
  }
}
