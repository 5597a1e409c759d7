/** The items of an iterable, as long as `signal` is not aborted, whether the iterable heeds it or not. @throws its reason */
export async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, void> {
  const iterator = items[Symbol.asyncIterator]()
  let onAbort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
  })
  aborted.catch(() => {})
  signal.addEventListener('abort', onAbort)
  let isDone = false
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await Promise.race([iterator.next(), aborted])
      isDone = next.done === true
      if (next.done) break
      yield next.value
    }
    signal.throwIfAborted()
  } finally {
    signal.removeEventListener('abort', onAbort)
    // An iterator that is stuck is not waited for.
    if (!isDone) iterator.return?.()?.then(undefined, () => {})
  }
}
