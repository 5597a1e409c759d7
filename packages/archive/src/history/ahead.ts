import type { Signal } from '@datastreamer/format'
import { throwIfAborted } from '../abort.ts'

export interface AheadOptions<T> {
  /** Works under way, or done and not yet taken, once so many results were taken: 1 or more. */
  readonly limit: (taken: number) => number
  /** What an item weighs, and how much all of these works may weigh (default: no limit). One is always allowed. */
  readonly weight?: { readonly of: (item: T) => number; readonly max: number }
  /** Called when no more is wanted, before what is under way is waited for: it may be ended. */
  readonly onEnd?: () => void
  readonly signal?: Signal | undefined
}

/**
 * The results of works on items, in order, several works at once: no more than the limits allow, and none before the
 * first result is asked for. An error is thrown when its turn comes, so all that comes before it is delivered.
 */
export async function* ahead<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  work: (item: T) => Promise<R>,
  { limit, weight, onEnd, signal }: AheadOptions<T>,
): AsyncGenerator<R, void, void> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  /** Not yet taken. */
  const begun: { readonly result: Promise<R>; readonly weighs: number }[] = []
  let [taken, held] = [0, 0]
  /** Pulled, and too heavy for now. */
  let next: IteratorResult<T> | undefined
  let filling: Promise<void> | undefined
  let isOver = false
  /** Called when something was begun. */
  let notify = (): void => undefined
  const fits = (weighs: number): boolean => begun.length === 0 || weight === undefined || held + weighs <= weight.max
  const fill = async (): Promise<void> => {
    while (!isOver && begun.length < limit(taken)) {
      try {
        next ??= await source.next()
      } catch (error) {
        begun.push({ result: handled(Promise.reject(error)), weighs: 0 })
        isOver = true
        return
      }
      if (next.done) {
        isOver = true
        return
      }
      const weighs = weight?.of(next.value) ?? 0
      if (!fits(weighs)) return
      begun.push({ result: handled(work(next.value)), weighs })
      held += weighs
      next = undefined
      notify()
    }
  }
  /** Begin more, unless that is going on. It goes on while the consumer is busy. */
  const fillOn = (): Promise<void> => {
    filling ??= fill().finally(() => {
      filling = undefined
    })
    return filling
  }
  try {
    for (;;) {
      throwIfAborted(signal)
      const filled = fillOn()
      if (begun.length === 0) {
        const something = new Promise<void>((resolve) => {
          notify = resolve
        })
        await Promise.race([filled, something])
        if (begun.length === 0 && !isOver) continue
      }
      const [first] = begun
      if (first === undefined) return
      const result = await first.result
      begun.shift()
      taken++
      held -= first.weighs
      yield result
    }
  } finally {
    isOver = true
    onEnd?.()
    await filling
    await source.return?.()
    await Promise.allSettled(begun.map(({ result }) => result))
  }
}

/** A failure is thrown when its turn comes, and by nobody if that never is. */
function handled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  return work
}
