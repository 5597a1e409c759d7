import { NotFoundError, TruncatedError } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import type { EpochLeaf } from '../leaf/leaf.ts'
import { DigestChain } from '../segment/digest-chain.ts'
import type { IdentityFields } from '../segment/header.ts'
import { portableSha256, type Sha256 } from '../sha256.ts'
import { CheckpointKeys } from './checkpoint-keys.ts'
import { HistoryTarget } from './history-target.ts'
import { LogPublisher } from './log-publisher.ts'
import { encodingOf, type SegmentMaking } from './making.ts'
import type { OnPublishEvent } from './publish-event.ts'
import type { PublishHistoryOptions } from './publish-options.ts'
import { Publishing } from './publishing.ts'
import { Rewind, readOn } from './read-on.ts'
import { GaveUp, isRetryable } from './retry.ts'
import { SealedLog } from './sealed-log.ts'
import { realSleep, type Sleep } from './sleep.ts'
import { type StopSignal, stopWith } from './stop.ts'
import { StreamDiffers } from './stream-differs.ts'
import { StreamView } from './stream-view.ts'

/** Before a stream that failed, or changed again and again, is read again. */
const SETBACK_PAUSE_MS = 1000
const MAX_NOT_FOUND = 3

/**
 * Publish a stream as a history: make segments of it, keep each in the state, write it, sign for it. Ends with the stream,
 * with the signal, or with what cannot be decided here. After any end it can be started again with the same state.
 *
 * @throws {PublishError}
 * @see docs/spec/history.md §6
 */
export async function publishHistory(options: PublishHistoryOptions): Promise<void> {
  const stop = stopWith(options.signal)
  const { state, sha256 = portableSha256 } = options
  const keys = new CheckpointKeys(options.keys)
  const run = new Run(options, await SealedLog.load({ state, keys, sha256 }), keys, stop.signal)
  try {
    await run.untilEnd()
  } finally {
    stop.abort(new Error('publishing ended'))
    await run.failure()
  }
}

class Run {
  readonly #options: PublishHistoryOptions
  readonly #signal: StopSignal
  readonly #log: SealedLog
  readonly #stream: StreamView
  readonly #publisher: LogPublisher
  readonly #publishing: Publishing
  readonly #sha256: Sha256
  readonly #sleep: Sleep
  readonly #attempts: number
  readonly #onEvent: OnPublishEvent
  #encoding: Generation | undefined
  /** How often reading was begun again since a segment was sealed. */
  #setbacks = 0

  constructor(options: PublishHistoryOptions, log: SealedLog, keys: CheckpointKeys, signal: StopSignal) {
    const { source, destination, sleep = realSleep, follow = true, confirmMs = 5000 } = options
    const { attempts = follow ? Number.POSITIVE_INFINITY : 8, sha256 = portableSha256, onEvent = () => {} } = options
    this.#options = options
    this.#signal = signal
    this.#log = log
    this.#sha256 = sha256
    this.#sleep = sleep
    this.#attempts = attempts
    this.#onEvent = (event) => {
      if (event.kind === 'sealed') this.#setbacks = 0
      onEvent(event)
    }
    this.#stream = new StreamView({ source, sha256, signal, making: () => this.#making() })
    const target = new HistoryTarget(destination, { sleep, onEvent, signal, attempts })
    const pause = (): Promise<void> => sleep(confirmMs, signal)
    const stream = this.#stream
    this.#publisher = new LogPublisher({ log, target, stream, keys, sha256, onEvent, pause, waits: follow })
    this.#publishing = new Publishing({ publisher: this.#publisher, sleep, signal, confirmMs })
  }

  async untilEnd(): Promise<void> {
    let failed: unknown
    for (;;) {
      this.#signal.throwIfAborted()
      try {
        if (failed !== undefined) await this.#recover(failed)
        if (await this.#pass()) return
        failed = undefined
      } catch (error) {
        failed = (await this.failure()) ?? error
        this.#signal.throwIfAborted()
        if (failed instanceof GaveUp) throw failed.cause
        if (!this.#isRecoverable(failed)) throw failed
      }
    }
  }

  /** Wait until nothing is under way; gives what failed in the background. */
  failure(): Promise<unknown> {
    return this.#publishing.settle().then(
      () => undefined,
      (error: unknown) => error,
    )
  }

  /** Read the stream from the end of the log on. Gives whether it ended. */
  async #pass(): Promise<boolean> {
    await this.#publishing.settle()
    await this.#publisher.publish()
    const identity = await this.#identity()
    this.#onEvent({ kind: 'resumed', size: this.#log.size, reach: this.#log.reach })
    const { totalEntries } = await this.#stream.header(identity)
    if (totalEntries < (this.#log.end?.number ?? 0n)) throw new StreamDiffers()
    const { lag, source, follow = true, rest = false } = this.#options
    const isEnd = await readOn({
      ...{ source, lag, follow, rest, making: await this.#making(), stop: stopWith(this.#signal) },
      ...{ log: this.#log, publishing: this.#publishing, onEvent: this.#onEvent },
    })
    if (isEnd) await this.#publishing.confirmed()
    return isEnd
  }

  /** The stream's identity, as the first leaf has it, which is made here for a new log. */
  async #identity(): Promise<IdentityFields> {
    const { first } = this.#log.chain
    if (first !== undefined) return first.identity
    const { generation, version, systemId, streamType } = await this.#options.source.getHeader()
    const identity = { generation, version, systemId, streamType }
    const start = DigestChain.atStart(identity, this.#sha256).point()
    await this.#open({ kind: 'epoch', epoch: 0, start, identity })
    return identity
  }

  /** How segments are made, once it is known how the stream's entries are encoded. */
  async #making(): Promise<SegmentMaking> {
    const { source, zstd, segmentBytes, periodSeconds, lag, follow = true } = this.#options
    const identity = await this.#identity()
    this.#encoding ??= this.#options.encoding ?? (await encodingOf(source, { follow, signal: this.#signal }))
    if (this.#encoding === undefined && 'blocks' in lag && lag.blocks > 0) {
      throw new RangeError('a lag in blocks, for a stream that has none that can be read')
    }
    return { identity, encoding: this.#encoding, sha256: this.#sha256, zstd, segmentBytes, periodSeconds }
  }

  async #open(leaf: EpochLeaf): Promise<void> {
    const index = this.#log.size
    await this.#log.seal(leaf, [])
    this.#onEvent({ kind: 'epoch', index, leaf })
    await this.#publisher.publish()
  }

  /** Whether reading on from the end of the log may help. */
  #isRecoverable(error: unknown): boolean {
    this.#setbacks++
    // A stream that was truncated has no such start at first, but one that never has it never will.
    if (error instanceof NotFoundError) return this.#setbacks <= MAX_NOT_FOUND
    if (isRetryable(error)) return this.#setbacks < this.#attempts
    return [Rewind, StreamDiffers, TruncatedError].some((each) => error instanceof each)
  }

  async #recover(error: unknown): Promise<void> {
    if (isRetryable(error)) {
      this.#onEvent({ kind: 'failed', what: 'read the stream', error, retryInMs: SETBACK_PAUSE_MS })
    }
    if (isRetryable(error) || this.#setbacks > 1) await this.#sleep(SETBACK_PAUSE_MS, this.#signal)
    if (error instanceof StreamDiffers || error instanceof TruncatedError) {
      await this.#openEpoch(error instanceof StreamDiffers ? error.from : undefined)
    }
  }

  /**
   * Begin an epoch after the last segment that the stream still has, if that is not the last one.
   *
   * @param from entry from which on segments are made again in any case
   */
  async #openEpoch(from: bigint | undefined): Promise<void> {
    const { first, last, valid } = this.#log.chain
    if (first === undefined || last === undefined) return
    let kept = valid.length
    for (; kept > 0; kept--) {
      const segment = valid[kept - 1]
      if (segment === undefined || (from !== undefined && segment.start.number >= from)) continue
      if ((await this.#stream.fit(segment.start, [segment.end])) === 'fits') break
    }
    if (kept === valid.length) return
    const start = valid[kept - 1]?.end ?? first.start
    await this.#open({ kind: 'epoch', epoch: last.epoch + 1, start, identity: first.identity })
  }
}
