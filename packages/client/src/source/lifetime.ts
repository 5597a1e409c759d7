/** What ends with a signal, or earlier. */
export interface Lifetime {
  readonly controller: AbortController
  readonly detach: () => void
}

/** A lifetime that ends when the signal aborts, for its reason. */
export function lifetimeOf(signal: AbortSignal | undefined): Lifetime {
  const controller = new AbortController()
  const abort = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  return { controller, detach: () => signal?.removeEventListener('abort', abort) }
}
