import type { AbortLike } from '../abort.ts'

/**
 * The results of `use` for each item, in order, with at most `limit` at once. After a failure no more are begun, those
 * under way are waited for, and the first error is thrown.
 */
export async function parallel<T, R>(
  items: readonly T[],
  limit: number,
  signal: AbortLike | undefined,
  use: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const errors: unknown[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (errors.length === 0 && next < items.length) {
      const index = next++
      try {
        signal?.throwIfAborted()
        results[index] = await use(items[index] as T, index)
      } catch (error) {
        errors.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  if (errors.length > 0) throw errors[0]
  return results
}
