import type { Signal } from '@datastreamer/format'
import { throwIfAborted } from '../abort.ts'

export interface AheadOptions<T> {
  /** Works under way, or done and not yet taken, once so many results were taken. */
  readonly limit: (taken: number) => number
  /** What an item weighs, and how much all of these works may weigh (default: no limit). One is always allowed. */
  readonly weight?: { readonly of: (item: T) => number; readonly max: number }
  /** Called when no more is wanted, before what is under way is waited for: it may be ended. */
  readonly onEnd?: () => void
  readonly signal?: Signal | undefined
}

/**
 * The results of works on items, in order, several works at once: no more than the consumer and the limits allow. An error
 * is thrown when its turn comes, so all that comes before it is delivered.
 */
export async function* ahead<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  work: (item: T) => Promise<R>,
  { limit, weight, onEnd, signal }: AheadOptions<T>,
): AsyncGenerator<R, void, void> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  const begun: { readonly result: Promise<R>; readonly weighs: number }[] = []
  let [taken, held] = [0, 0]
  let pulling: Promise<IteratorResult<T>> | undefined
  let next: IteratorResult<T> | undefined
  const begin = (item: T): void => {
    const weighs = weight?.of(item) ?? 0
    begun.push({ result: handled(work(item)), weighs })
    held += weighs
    next = undefined
  }
  /** The next item. That there is none, because of a failure, is a result too. */
  const pull = async (): Promise<IteratorResult<T>> => {
    try {
      return await source.next()
    } catch (error) {
      begun.push({ result: handled(Promise.reject(error)), weighs: 0 })
      return { done: true, value: undefined }
    }
  }
  const fits = (item: T): boolean => begun.length === 0 || weight === undefined || held + weight.of(item) <= weight.max
  try {
    for (;;) {
      throwIfAborted(signal)
      if (next !== undefined && !next.done && begun.length < limit(taken) && fits(next.value)) begin(next.value)
      if (next === undefined && begun.length < limit(taken)) {
        pulling ??= pull()
        const isDone = begun[0]?.result.then(none, none)
        const pulled = await (isDone === undefined ? pulling : Promise.race([pulling, isDone]))
        if (pulled !== undefined) {
          next = pulled
          pulling = undefined
          continue
        }
      }
      const first = begun.shift()
      if (first === undefined) return
      const result = await first.result
      taken++
      held -= first.weighs
      yield result
    }
  } finally {
    onEnd?.()
    await source.return?.()
    await Promise.allSettled(begun.map(({ result }) => result))
  }
}

function none(): undefined {
  return undefined
}

/** A failure is thrown when its turn comes, and by nobody if that never is. */
function handled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  return work
}
