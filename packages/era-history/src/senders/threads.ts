import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { RecoverMessage } from './recover-worker.ts'

interface Thread {
  readonly worker: Worker
  /** Requests that it has not answered. */
  readonly waiting: Map<number, { resolve(bytes: Uint8Array): void; reject(error: Error): void }>
}

/** Most threads, however many processors there are. */
const MAX_THREADS = 8
/** What a thread has in its heap, MiB: by default the young generation alone grows to 48. */
const HEAP = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 }

/**
 * Threads that recover public keys, started when they are needed. They do not keep the process alive.
 *
 * Each thread that is lost rejects what it has not answered; the next request starts another.
 */
export class RecoveryThreads implements Disposable {
  readonly #limit: number
  readonly #threads: Thread[] = []
  #nextId = 0

  /** @param limit most threads (default: one less than processors, but two of two; at most 8) */
  constructor(limit: number = defaultLimit(availableParallelism())) {
    this.#limit = limit
  }

  /** Most requests that are worked on at the same time. */
  get limit(): number {
    return this.#limit
  }

  /** Recover the keys of requests that are joined. */
  recover(bytes: Uint8Array): Promise<Uint8Array> {
    const thread = this.#leastBusy()
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      thread.waiting.set(id, { resolve, reject })
      // While a request is under way the process stays alive.
      thread.worker.ref()
      const message: RecoverMessage = { id, bytes }
      thread.worker.postMessage(message)
    })
  }

  #leastBusy(): Thread {
    const [first, ...others] = this.#threads
    if (first === undefined) return this.#start()
    const least = others.reduce((best, thread) => (thread.waiting.size < best.waiting.size ? thread : best), first)
    return least.waiting.size > 0 && this.#threads.length < this.#limit ? this.#start() : least
  }

  #start(): Thread {
    const worker = new Worker(workerFile(), { execArgv: [], resourceLimits: HEAP })
    const thread: Thread = { worker, waiting: new Map() }
    worker.unref()
    worker.on('message', ({ id, bytes }: RecoverMessage) => {
      thread.waiting.get(id)?.resolve(bytes)
      thread.waiting.delete(id)
      if (thread.waiting.size === 0) worker.unref()
    })
    const lose = (error: Error): void => {
      const at = this.#threads.indexOf(thread)
      if (at >= 0) this.#threads.splice(at, 1)
      for (const { reject } of thread.waiting.values()) reject(error)
      thread.waiting.clear()
    }
    worker.on('error', (error: unknown) => lose(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', (status) => lose(new Error(`a thread that recovers senders ended with status ${status}`)))
    this.#threads.push(thread)
    return thread
  }

  [Symbol.dispose](): void {
    for (const { worker } of this.#threads.splice(0)) void worker.terminate()
  }
}

/** The worker is beside this module, in the sources and in the bundle. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './recover-worker.ts' : './recover-worker.js', import.meta.url)
}

/** Of two processors both: while threads recover, this one has little to do. */
function defaultLimit(processors: number): number {
  return Math.min(MAX_THREADS, Math.max(processors - 1, Math.min(processors, 2)))
}
