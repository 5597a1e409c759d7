import type { StopSignal } from './stop.ts'

/** Waits; as soon as the signal is aborted it throws. */
export type Sleep = (ms: number, signal: StopSignal) => Promise<void>

// What is used of the platform: the package compiles without the types of a browser or of Node.
const platform = globalThis as unknown as {
  setTimeout(work: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
}

interface Listening {
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options: { readonly once: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** By the platform's clock. */
export const realSleep: Sleep = async (ms, signal) => {
  signal.throwIfAborted()
  const listening = signal as unknown as Listening
  await new Promise<void>((resolve, reject) => {
    const timer = platform.setTimeout(() => {
      listening.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    const onAbort = (): void => {
      platform.clearTimeout(timer)
      reject(listening.reason)
    }
    listening.addEventListener('abort', onAbort, { once: true })
  })
}
