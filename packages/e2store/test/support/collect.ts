/** All items of an async iterable, or what `map` makes of each. */
export async function collect<T, R = T>(items: AsyncIterable<T>, map?: (item: T) => R): Promise<R[]> {
  const out: R[] = []
  for await (const item of items) out.push(map ? map(item) : (item as unknown as R))
  return out
}
