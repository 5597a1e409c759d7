import { Worker } from 'node:worker_threads'
import { type Clock, sleep } from '@datastreamer/runtime'
import type { StreamLog } from '@datastreamer/store/log'
import type { ServiceContext } from '../run/service.ts'
import { logPublishEvent } from './log-publishing.ts'
import { observePublishing } from './observe-publishing.ts'
import type { PublishRequest, PublishStart, SentPublishEvent } from './publish-messages.ts'
import { type PublishTarget, stateBeside } from './publish-options.ts'
import { PublishProgress } from './publish-progress.ts'

/** Publishes the stream that a service has as a history, in a thread of its own, and shows how that goes. */
export class PublishService {
  readonly #start: PublishStart
  readonly #clock: Clock
  readonly #log: ServiceContext['log']
  readonly #progress: PublishProgress
  readonly #worker: Worker
  readonly #ended: Promise<void>

  private constructor(
    start: PublishStart,
    progress: PublishProgress,
    { log, clock }: Pick<ServiceContext, 'log' | 'clock'>,
  ) {
    this.#start = start
    this.#progress = progress
    this.#clock = clock
    this.#log = log
    this.#worker = new Worker(WORKER, { workerData: start, execArgv: WORKER_ARGUMENTS })
    this.#worker.on('message', (event: SentPublishEvent) => this.#onEvent(event))
    this.#worker.on('error', (error) => {
      this.#onEvent({ kind: 'stopped', code: 'THREAD_FAILED', message: String(error) })
    })
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => resolve())
    })
  }

  /**
   * Publish from now on, if the options say so. Metrics are there in any case.
   *
   * @param target what `readPublishTarget` gave
   * @param stream the log of the stream file
   */
  static start(
    target: PublishTarget | undefined,
    stream: Pick<StreamLog, 'path' | 'header'>,
    context: Pick<ServiceContext, 'log' | 'metrics' | 'clock'>,
  ): PublishService | undefined {
    const { path: file } = stream
    const progress = target && new PublishProgress()
    observePublishing(context.metrics, stream, progress)
    if (target === undefined || progress === undefined) return undefined
    return new PublishService({ ...target, file, state: target.state ?? stateBeside(file) }, progress, context)
  }

  /** For the status. */
  get status(): Readonly<Record<string, unknown>> {
    const { published, leaves, segments, bytes, failures, problem, isStopped } = this.#progress
    return {
      to: this.#start.destination,
      entries: published?.nextEntry ?? null,
      block: published?.block ?? null,
      ...{ leaves, segments, bytes, failures, isStopped, problem: problem ?? null },
    }
  }

  /** End the thread: in order if it takes less than `graceMs`. What is under way goes on at the next start. */
  async close({ graceMs }: { readonly graceMs: number }): Promise<void> {
    const request: PublishRequest = 'close'
    this.#worker.postMessage(request)
    await Promise.race([this.#ended, sleep(this.#clock, graceMs, { ref: false })])
    await this.#worker.terminate()
  }

  #onEvent(event: SentPublishEvent): void {
    this.#progress.apply(event)
    logPublishEvent(this.#log, this.#start.destination, event)
  }
}

/** The worker is beside this module in the sources, and beside the bundle. */
const IS_SOURCE = import.meta.url.endsWith('.ts')
const WORKER = new URL(IS_SOURCE ? './publish-worker.ts' : './publish-worker.js', import.meta.url)
/** From the sources it imports sources. */
const WORKER_ARGUMENTS = IS_SOURCE ? ['--conditions=@datastreamer/source'] : []
