import type { ServiceContext } from '@datastreamer/service'

/** What looks for new files when it is asked to; returns whether there are any. */
export interface Refreshed {
  refresh(options: { readonly signal: AbortSignal }): Promise<boolean>
}

/** Looks for new files now and then. */
export class Refresher implements Disposable {
  readonly #timer: { [Symbol.dispose](): void }

  /** @param ms time between two looks @param onChange called when there are others */
  constructor(files: Refreshed, ms: number, { log, signal }: ServiceContext, onChange: () => void) {
    let isRunning = false
    const look = async (): Promise<void> => {
      if (isRunning || signal.aborted) return
      isRunning = true
      try {
        if (await files.refresh({ signal })) onChange()
      } catch (error) {
        if (!signal.aborted)
          log.warn('refresh-failed', `new files could not be looked for: ${String(error)}`, { error })
      } finally {
        isRunning = false
      }
    }
    const timer = setInterval(() => void look(), ms)
    this.#timer = { [Symbol.dispose]: () => clearInterval(timer) }
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]()
  }
}
