import { Worker } from 'node:worker_threads'
import type { HashReply } from './hash-worker.ts'

/** Threads that hash files, each one file at a time; they end when this is disposed of. */
export class HashThreads implements AsyncDisposable {
  readonly #idle: Worker[] = []
  readonly #all: Worker[] = []

  /**
   * SHA-256 of a file, in hex. A thread is started if none is idle: the caller limits how many.
   *
   * @param onBytes called with the number of bytes that have just been read
   */
  hash(path: string, onBytes: (bytes: number) => void, signal?: AbortSignal): Promise<string> {
    const worker = this.#idle.pop() ?? this.#start()
    return new Promise<string>((resolve, reject) => {
      const done = (settle: () => void): void => {
        worker.off('message', onMessage).off('error', onError).off('exit', onExit)
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      const onMessage = (reply: HashReply): void => {
        if ('bytes' in reply) {
          onBytes(reply.bytes)
          return
        }
        this.#idle.push(worker)
        done(() => ('sha256' in reply ? resolve(reply.sha256) : reject(errorOf(reply.failed, path))))
      }
      const onError = (error: unknown): void => done(() => reject(error))
      const onExit = (): void => done(() => reject(new Error(`the thread that hashed ${path} ended`)))
      const onAbort = (): void => {
        void worker.terminate()
        done(() => reject(signal?.reason))
      }
      worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      signal?.addEventListener('abort', onAbort)
      if (signal?.aborted === true) onAbort()
      else worker.postMessage(path)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.splice(0).map((worker) => worker.terminate()))
  }

  #start(): Worker {
    const worker = new Worker(workerFile(), { execArgv: [] })
    this.#all.push(worker)
    return worker
  }
}

/** As the system's own errors about a path are. */
function errorOf({ message, code }: Extract<HashReply, { failed: unknown }>['failed'], path: string): Error {
  return Object.assign(new Error(message), { code, path, syscall: 'read' })
}

/** The worker is beside this module in the sources, and beside the bundle. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js', import.meta.url)
}
