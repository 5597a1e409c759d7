import { concatBytes, ENTRY_HEAD_BYTES, encodeCompressed, encodeOperationBoundary } from '@datastreamer/format'
import type { CommitPoint, LogPosition, LogRun, ReadableLog } from '@datastreamer/store/log'
import { boundaryAt, type KnownBoundaries, lastWithin } from '@datastreamer/store/log'
import type { CompressedRun } from './compressed-run.ts'
import { firstChunk } from './first-chunk.ts'
import type { ReadQueue } from './read-queue.ts'
import { RunCache } from './run-cache.ts'
import { mostRunBytes, runEnd } from './run-end.ts'
import { zstdFrame } from './zstd.ts'

/** Bytes of a run, about: twice as many shrink no better by more than 3 %, half as many take more time. */
const RUN_BYTES = 128 * 1024
/** A shorter run saves less than a segment of TCP, and waits longer for the thread than for the wire. */
export const LEAST_BYTES: number = 16 * 1024
/** What shrinks by less is sent as it is. */
const MOST_PART = 7 / 8
/** Runs that wait to be compressed; what comes when there are more is sent as it is. */
const MOST_WAITING = 16

/** Which run is asked for. */
export interface RunWanted {
  readonly from: LogPosition
  /** Number of the entry to stop before; infinite if there is no end. */
  readonly end: number
  /** Whether an operation boundary is to be in it, and what is known of them. */
  readonly boundaries: KnownBoundaries | undefined
}

export interface CompressionTotals {
  /** Runs that were compressed. */
  readonly runs: number
  /** Bytes of packets that were sent in compressed ones. */
  readonly bytesBefore: number
  /** Bytes of the compressed packets that were sent. */
  readonly bytesSent: number
}

/**
 * Compresses runs of the log, each once for all readers who want it while it is kept.
 *
 * Invariants: a run that was begun at one epoch of the log is not given at another, but whoever waits for one has to see
 * whether the epoch is still that of his question; the log's pages are not held while a run waits to be compressed.
 */
export class CompressedRuns {
  readonly #log: ReadableLog
  readonly #queue: ReadQueue
  readonly #cache: RunCache
  /** Memory for what is read to be compressed: new memory for each run would cost as much as compressing it. */
  readonly #buffers: Uint8Array[] = []
  #readers = 0
  #runs = 0
  #bytesBefore = 0
  #bytesSent = 0

  /**
   * @param queue where runs wait to be compressed
   * @param keptBytes most bytes of runs that are kept
   */
  constructor(log: ReadableLog, queue: ReadQueue, keptBytes: number) {
    this.#log = log
    this.#queue = queue
    this.#cache = new RunCache(keptBytes)
  }

  get totals(): CompressionTotals {
    return { runs: this.#runs, bytesBefore: this.#bytesBefore, bytesSent: this.#bytesSent }
  }

  /** A reader wants runs from now on, until what is returned is called; what is kept is given back after the last one. */
  enter(): () => void {
    let isIn = true
    this.#readers++
    return () => {
      if (isIn) this.#readers--
      isIn = false
      if (this.#readers > 0) return
      this.#cache.clear()
      this.#buffers.length = 0
    }
  }

  /** A run is being sent to a reader. */
  onSent({ packet, size }: CompressedRun): void {
    this.#bytesBefore += size
    this.#bytesSent += packet?.length ?? 0
  }

  /**
   * The run at a position before the commit point: whole entries up to where all readers' runs end, or the end of the log or of
   * what is wanted. `undefined` if it is not to be had: it is short, the log changed meanwhile, it cannot
   * be read, or too many wait.
   */
  of(wanted: RunWanted): Promise<CompressedRun | undefined> | CompressedRun | undefined {
    const { from, boundaries } = wanted
    const { header: commit, epoch } = this.#log
    const maxBytes = runEnd(from.position, RUN_BYTES) - from.position
    const most = Math.max(1, Math.floor(maxBytes / ENTRY_HEAD_BYTES))
    const end = wanted.end - from.number > most ? Number.POSITIVE_INFINITY : wanted.end
    if (commit.totalLength - from.position < LEAST_BYTES) return undefined
    // One that was cut short by the end of the log is as good, wherever that is now.
    const key = `${from.position} ${from.number} ${end} ${boundaries !== undefined}`
    const found = this.#cache.get(key, epoch)
    if (found !== undefined || this.#queue.waiting >= MOST_WAITING) return found
    const make = (): Promise<CompressedRun | undefined> =>
      this.#make({ from, end, boundaries }, maxBytes, commit, epoch)
    // What goes wrong is left to the way that sends entries as they are: it says so where somebody looks.
    const made = this.#queue.run(make).catch(() => undefined)
    this.#cache.put(key, epoch, made)
    return made
  }

  async #make(
    wanted: RunWanted,
    maxBytes: number,
    commit: CommitPoint,
    epoch: number,
  ): Promise<CompressedRun | undefined> {
    const into = this.#buffers.pop() ?? new Uint8Array(mostRunBytes(RUN_BYTES))
    try {
      return await this.#compress(wanted, { into, maxBytes, end: commit }, epoch)
    } finally {
      if (this.#readers > 0) this.#buffers.push(into)
    }
  }

  async #compress(
    { from, end, boundaries }: RunWanted,
    options: { readonly into: Uint8Array; readonly maxBytes: number; readonly end: CommitPoint },
    epoch: number,
  ): Promise<CompressedRun | undefined> {
    const log = this.#log
    if (log.epoch !== epoch) return undefined
    const found = log.runInMemory(from, options.end) ?? (await log.runOnDisk(from, options))
    if (found === undefined) return undefined
    const whole = firstChunk(found, { maxBytes: options.maxBytes, end })
    const { run, boundary } = await withBoundary(whole, boundaries, Number(options.end.totalEntries))
    const packets = packetsOf(run, boundary, end)
    const { position, next } = run
    const about = { size: packets.length, position, next, boundary }
    if (packets.length < LEAST_BYTES) return { ...about, packet: undefined }
    this.#runs++
    const frame = await zstdFrame(packets)
    const isShorter = frame.length <= packets.length * MOST_PART
    return { ...about, packet: isShorter ? encodeCompressed({ size: packets.length, frame }) : undefined }
  }
}

/** The run up to where operation boundaries are known, and the last of them. */
async function withBoundary(
  run: LogRun,
  known: KnownBoundaries | undefined,
  totalEntries: number,
): Promise<{ readonly run: LogRun; readonly boundary: number | undefined }> {
  if (known === undefined) return { run, boundary: undefined }
  const { number: to } = run.next
  const boundary = await lastWithin(known, run.number, to, to === totalEntries)
  if (boundary === undefined || boundary === to || (await known.isKnownAt(boundary))) return { run, boundary }
  return { run: firstChunk(run, { maxBytes: Number.POSITIVE_INFINITY, end: boundary }), boundary }
}

/** A run's entries, with a boundary among or after them: after its last entry a range is over. */
function packetsOf(run: LogRun, boundary: number | undefined, end: number): Uint8Array {
  if (boundary === undefined || boundary === end) return run.bytes
  const before = firstChunk(run, { maxBytes: Number.POSITIVE_INFINITY, end: boundary }).bytes
  const packet = encodeOperationBoundary(boundaryAt(boundary, false))
  return concatBytes([before, packet, run.bytes.subarray(before.length)])
}
