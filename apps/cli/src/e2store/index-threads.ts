import { Worker } from 'node:worker_threads'
import type { IndexReply, IndexRequest } from './index-worker.ts'

/** What a thread answers in the end. */
export type IndexResult = Exclude<IndexReply, { readonly t: 'progress' }>

/** A thread that builds and compares sidecars, one at a time. */
export class IndexThread implements AsyncDisposable {
  readonly #worker: Worker

  constructor() {
    const isSource = import.meta.url.endsWith('.ts')
    const url = new URL(isSource ? './index-worker.ts' : './index-worker.js', import.meta.url)
    this.#worker = new Worker(url, { execArgv: isSource ? ['--conditions=@datastreamer/source'] : [] })
  }

  /** What comes of a request; only one at a time. Rejects if the thread ends. */
  async ask(
    request: IndexRequest,
    { signal, onProgress }: { readonly signal: AbortSignal; onProgress(share: number): void },
  ): Promise<IndexResult> {
    let stopListening = (): void => {}
    try {
      return await new Promise((resolve, reject) => {
        const onMessage = (reply: IndexReply): void => {
          if (reply.t === 'progress') onProgress(reply.blocks / reply.totalBlocks)
          else resolve(reply)
        }
        const onExit = (status: number): void => reject(new Error(`the thread for indexes ended, status ${status}`))
        const onAbort = (): void => reject(signal.reason)
        this.#worker.on('message', onMessage).on('error', reject).on('exit', onExit)
        signal.addEventListener('abort', onAbort)
        stopListening = () => {
          this.#worker.off('message', onMessage).off('error', reject).off('exit', onExit)
          signal.removeEventListener('abort', onAbort)
        }
        this.#worker.postMessage(request)
      })
    } finally {
      stopListening()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}
