import { Worker } from 'node:worker_threads'
import type { DiskError } from '../disk/errors.ts'
import { threadError } from './index-errors.ts'
import type { LevelFailure, LevelReply, LevelRequest, LevelWorkerData } from './level-messages.ts'

/** Messages of the thread that answer no request. */
export type LevelNotice = Exclude<LevelReply, { readonly t: 'answer' | 'refused' }>

export interface LevelThreadEvents {
  onNotice(notice: LevelNotice): void
  /** Called after each reply. */
  onReplied(): void
  /** Called with an error of the thread, which then ends, or of {@link onNotice}. */
  onError(error: Error): void
}

interface Waiter {
  readonly resolve: (number: number | undefined) => void
  readonly reject: (error: Error) => void
  /** The error for a failure of LevelDB. */
  readonly errorOf: (failure: LevelFailure) => Error
}

/**
 * The thread in which LevelDB runs, since its calls block.
 *
 * Invariants: each request has a number of its own, and is answered once.
 */
export class LevelThread {
  /** The error for requests after its end; unanswered ones wait for {@link rejectAll}. */
  readonly ended: Promise<DiskError>
  readonly #worker: Worker
  readonly #events: LevelThreadEvents
  readonly #requests = new Map<number, Waiter>()
  #nextId = 0

  constructor(workerData: LevelWorkerData, events: LevelThreadEvents) {
    this.#worker = new Worker(workerFile(), { workerData, execArgv: [] })
    this.#events = events
    this.#worker.on('message', (reply: LevelReply) => this.#onReply(reply))
    const { folder } = workerData
    this.#worker.on('error', (cause) => events.onError(threadError(folder, String(cause))))
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (status) => resolve(threadError(folder, `status ${status}`)))
    })
  }

  /** Whether a request is unanswered. */
  get isAwaited(): boolean {
    return this.#requests.size > 0
  }

  /** @throws what `errorOf` returns for the failure of LevelDB */
  request(make: (id: number) => LevelRequest, errorOf: Waiter['errorOf']): Promise<number | undefined> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { resolve, reject, errorOf })
      this.post(make(id))
    })
  }

  /** Send a message without an answer of its own. */
  post(request: LevelRequest): void {
    // While a request is under way the process stays alive.
    this.#worker.ref()
    this.#worker.postMessage(request)
  }

  /** Let the process end although the thread runs, until the next request. */
  unref(): void {
    this.#worker.unref()
  }

  /** The thread has ended: reject all requests. */
  rejectAll(error: Error): void {
    for (const { reject } of this.#requests.values()) reject(error)
    this.#requests.clear()
  }

  #onReply(reply: LevelReply): void {
    if (reply.t === 'answer') this.#take(reply.id)?.resolve(reply.number)
    else if (reply.t === 'refused') this.#refuse(reply.id, reply.failure)
    else this.#notify(reply)
    this.#events.onReplied()
  }

  #notify(notice: LevelNotice): void {
    try {
      this.#events.onNotice(notice)
    } catch (error) {
      this.#events.onError(error as Error)
    }
  }

  #refuse(id: number, failure: LevelFailure): void {
    const waiter = this.#take(id)
    waiter?.reject(waiter.errorOf(failure))
  }

  #take(id: number): Waiter | undefined {
    const waiter = this.#requests.get(id)
    this.#requests.delete(id)
    return waiter
  }
}

/** The worker is beside this module, in the sources and in the bundle. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './level-worker.ts' : './level-worker.js', import.meta.url)
}
