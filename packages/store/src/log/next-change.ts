import type { ReadableLog } from './readable-log.ts'

/** Resolves at the next commit or truncation. @throws the signal's reason */
export async function nextChange(log: ReadableLog, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const settle = (isAborted: boolean): void => {
      stopListening()
      signal.removeEventListener('abort', onAbort)
      if (isAborted) reject(signal.reason)
      else resolve()
    }
    const onAbort = (): void => settle(true)
    const stopListening = log.listen({ onCommit: () => settle(false), onTruncate: () => settle(false) })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
