import { nodeDisk, openStore, type ScrubOptions, type StoreOptions, type StreamStore } from '@datastreamer/store'
import type { ConfigOf, OptionTable } from '../options/option.ts'
import type { ServiceContext } from '../run/service.ts'
import { damageText, logStoreEvent, uncoveredText } from './log-store.ts'
import { observeScrubbing } from './observe-scrubbing.ts'
import { commitTimer, ErrorCounter, meteredDisk, observeStore } from './observe-store.ts'

/** Options of whoever writes a stream file. */
export const STORE_OPTIONS = {
  mustExist: {
    type: 'boolean',
    group: 'Stream',
    help: 'do not start if the file is not there, instead of making an empty one',
  },
  fsync: {
    type: 'choice',
    choices: ['commit', 'interval', 'never'],
    default: 'commit',
    placeholder: 'when',
    group: 'Stream',
    help: 'make data durable before a commit is answered, every --fsync-interval, or when the system likes',
  },
  fsyncInterval: {
    type: 'duration',
    unit: 'ms',
    default: 1000,
    group: 'Stream',
    help: 'time between two syncs of --fsync interval',
  },
  scrub: {
    type: 'rate',
    default: '4MiB/s',
    group: 'Stream',
    help: 'read what is committed over and over at this rate, to find bytes that have rotted; off does not',
  },
} as const satisfies OptionTable

/** How the store of a service scrubs, if it does. */
export function scrubOf({ scrub }: Pick<ConfigOf<typeof STORE_OPTIONS>, 'scrub'>): ScrubOptions | undefined {
  return scrub === 0 ? undefined : { bytesPerSecond: scrub }
}

/** Opens the store of a service, so that logs and metrics show what it does. It may be closed and opened again. */
export class ObservedStore {
  readonly #log: ServiceContext['log']
  readonly #disk: StoreOptions['disk']
  readonly #clock: ServiceContext['clock']
  readonly #timeCommit: ReturnType<typeof commitTimer>
  readonly #errors: ErrorCounter
  readonly #metrics: ServiceContext['metrics']
  #store: StreamStore | undefined
  #problem: string | undefined
  #indexProblem: string | undefined
  #scrubProblem: string | undefined

  constructor({ log, metrics, clock }: Pick<ServiceContext, 'log' | 'metrics' | 'clock'>) {
    this.#clock = clock
    this.#log = log
    this.#metrics = metrics
    this.#disk = meteredDisk(metrics, nodeDisk)
    this.#timeCommit = commitTimer(metrics)
    this.#errors = new ErrorCounter(metrics)
  }

  /** Why nothing could be written last, until something is again; what is damaged, or that the index is being rebuilt. */
  get problem(): string | undefined {
    const state = this.#store?.state
    if (state?.t === 'broken' || state?.t === 'reopening') return state.error.message
    const damages = this.#store && damageText(this.#store.log.damages)
    const uncovered = uncoveredText(this.#store?.scrubbing?.uncovered ?? [])
    return this.#problem ?? this.#indexProblem ?? damages ?? this.#scrubProblem ?? uncovered
  }

  /** Open the file. @throws as `openStore` */
  async open(options: Omit<StoreOptions, 'disk' | 'clock' | 'onCommit' | 'onEvent'>): Promise<StreamStore> {
    const store = await openStore({
      ...options,
      disk: this.#disk,
      clock: this.#clock,
      onCommit: (group) => {
        this.#problem = undefined
        this.#timeCommit(group)
      },
      onEvent: (event) => {
        logStoreEvent(this.#log, event)
        this.#errors.onStoreEvent(event)
        if (event.event === 'write-failed' || event.event === 'file-lost') this.#problem = event.error.message
        if (event.event === 'file-found' || event.event === 'reopened') this.#problem = undefined
        if (event.event === 'index-damaged') this.#indexProblem = `being rebuilt: ${event.error.message}`
        if (event.event === 'scrub-failed') this.#scrubProblem = `the commit log cannot be read: ${event.error.message}`
        if (event.event === 'scrub-resumed') this.#scrubProblem = undefined
        if (event.event === 'index-rebuilt') this.#indexProblem = undefined
      },
    })
    if (this.#store === undefined) {
      observeStore(this.#metrics, () => this.#store)
      observeScrubbing(this.#metrics, () => this.#store)
    }
    this.#store = store
    return store
  }
}
