import type { Signal } from '@datastreamer/format'
import { sameBytes } from '../segment/point.ts'
import { type Checkpoints, checkSame, forked } from './checkpoints.ts'
import { openIndex } from './open-index.ts'
import type { LeafReading } from './read-whole-index.ts'
import { type KnownCheckpoint, type Snapshot, snapshotOf } from './snapshot.ts'

/** The log of a history: what is known of it, which only grows. */
export class HistoryLog {
  readonly #checkpoints: Checkpoints
  readonly #reading: LeafReading
  #snapshot: Snapshot
  #refreshing: Promise<void> | undefined

  private constructor(checkpoints: Checkpoints, reading: LeafReading, snapshot: Snapshot) {
    this.#checkpoints = checkpoints
    this.#reading = reading
    this.#snapshot = snapshot
  }

  /** @param seen a checkpoint that it has to continue @throws {HistoryError} */
  static async open(
    checkpoints: Checkpoints,
    reading: LeafReading,
    seen: KnownCheckpoint | undefined,
    signal: Signal | undefined,
  ): Promise<HistoryLog> {
    const found = await checkpoints.newest(signal)
    const checkpoint = seen === undefined ? found : newerOf(seen, found, reading)
    const index = await openIndex(reading, checkpoint, signal)
    const snapshot = snapshotOf(checkpoint, index)
    if (seen !== undefined) await checkContinues(seen, snapshot, signal)
    return new HistoryLog(checkpoints, reading, snapshot)
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  /** Take a newer checkpoint, if there is one. Who asks meanwhile waits for the same. @throws {HistoryError} */
  refresh(signal: Signal | undefined): Promise<void> {
    this.#refreshing ??= this.#refresh(signal).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #refresh(signal: Signal | undefined): Promise<void> {
    const seen = this.#snapshot.checkpoint
    const checkpoint = newerOf(seen, await this.#checkpoints.newest(signal), this.#reading)
    if (checkpoint.size === seen.size) return
    const snapshot = snapshotOf(checkpoint, await openIndex(this.#reading, checkpoint, signal))
    await checkContinues(seen, snapshot, signal)
    this.#snapshot = snapshot
  }
}

/** The checkpoint with more leaves; the one that was seen, if it has as many. @throws {HistoryError} `FORKED` */
function newerOf(seen: KnownCheckpoint, found: KnownCheckpoint, { onNotice }: LeafReading): KnownCheckpoint {
  if (found.size === seen.size) checkSame(seen, found)
  if (found.size > seen.size) return found
  if (found.size < seen.size) {
    const message = `a checkpoint of ${found.size} leaves, one of ${seen.size} was seen before`
    onNotice({ code: 'LATE_CHECKPOINT', message, size: found.size, knownSize: seen.size })
  }
  return seen
}

/** Throw unless the log had this checkpoint. @throws {HistoryError} `FORKED` */
async function checkContinues(
  seen: KnownCheckpoint,
  { checkpoint, index }: Snapshot,
  signal: Signal | undefined,
): Promise<void> {
  if (sameBytes(await index.rootOf(seen.size, signal), seen.root)) return
  throw forked(seen, checkpoint, 'are not of one log')
}
