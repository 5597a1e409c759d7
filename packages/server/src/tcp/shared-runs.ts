import type { Clock } from '@datastreamer/runtime'
import type { KnownRun, LogPosition, LogRun, ReadableLog } from '@datastreamer/store/log'
import { mostRunBytes, runEnd } from './run-end.ts'

/** Bytes of a run, about: as many as are read and sent while they are in a cache of the processor. */
const RUN_BYTES = 256 * 1024
/** Ends of runs that are remembered, those of the last 64 GiB or so that were read. */
const MAX_ENDS = 262_144
/** How long an end is trusted before the entries are walked again: bytes that have rotted are noticed then. */
const TRUST_MS = 60_000

/** A run that several readers may be sending. */
export interface SharedRun {
  readonly run: LogRun
  /** To be called once, when it was sent or will not be. */
  readonly release: () => void
}

/** Memory with a run in it, or being filled with one. */
interface Slot {
  readonly memory: Uint8Array
  readonly run: Promise<LogRun | undefined>
  /** Readers that send it or wait for it. */
  users: number
  isKept: boolean
}

interface WalkedRun extends KnownRun {
  readonly walkedAt: number
}

/**
 * Runs that are read from disk once for all readers that want them at about the same time. They end at fixed places of the
 * file, so that readers that began anywhere come to the same ones.
 *
 * Invariants: a run that was read at one epoch of the log is not given at another; memory is not written to while a reader
 * has it; beside those that readers have, no more runs are kept than the limit says.
 */
export class SharedRuns {
  readonly #log: ReadableLog
  readonly #clock: Clock
  readonly #maxKept: number
  /** By position and number; the one that was wanted least recently is the first. */
  readonly #slots = new Map<string, Slot>()
  readonly #free: Uint8Array[] = []
  /** By position; the one that was walked first is the first. */
  readonly #walked = new Map<number, WalkedRun>()
  #epoch = 0

  /** @param maxKept runs that are kept for readers that want them soon */
  constructor(log: ReadableLog, clock: Clock, maxKept: number) {
    this.#log = log
    this.#clock = clock
    this.#maxKept = maxKept
  }

  /**
   * The run at a position before the commit point, or `undefined` if the log changed meanwhile.
   *
   * @throws {DamageError} if there is no whole entry of that number, or it is known to be damaged
   */
  async at(from: LogPosition): Promise<SharedRun | undefined> {
    const { epoch } = this.#log
    this.#moveTo(epoch)
    const slot = this.#slotOf(from)
    slot.users++
    let isReleased = false
    const release = (): void => {
      if (!isReleased) this.#leave(slot)
      isReleased = true
    }
    const run = await slot.run.catch((error: unknown) => {
      release()
      if (epoch === this.#log.epoch) throw error
      return undefined
    })
    if (run !== undefined && epoch === this.#log.epoch) return { run, release }
    release()
    return undefined
  }

  #slotOf(from: LogPosition): Slot {
    const key = `${from.position} ${from.number}`
    const slot = this.#slots.get(key) ?? this.#begin(from, key)
    this.#slots.delete(key)
    this.#slots.set(key, slot)
    this.#shrink()
    return slot
  }

  /** Begin to read a run; it is kept until others are wanted, unless it cannot be read or is cut short by the log's end. */
  #begin(from: LogPosition, key: string): Slot {
    const memory = this.#free.pop() ?? new Uint8Array(mostRunBytes(RUN_BYTES))
    const run = this.#read(from, memory)
    const slot: Slot = { memory, run, users: 0, isKept: true }
    const drop = (): void => {
      if (this.#slots.get(key) === slot) this.#slots.delete(key)
      this.#release(slot)
    }
    const end = this.#log.header.totalLength
    run.then((found) => {
      if (found === undefined || found.next.position >= end) drop()
    }, drop)
    return slot
  }

  async #read(from: LogPosition, into: Uint8Array): Promise<LogRun | undefined> {
    const { epoch } = this.#log
    const known = this.#walked.get(from.position)
    const now = this.#clock.now()
    if (known !== undefined && now - known.walkedAt < TRUST_MS) return this.#log.runOnDisk(from, { into, known })
    const maxBytes = runEnd(from.position, RUN_BYTES) - from.position
    const run = await this.#log.runOnDisk(from, { into, maxBytes })
    const isCut = run === undefined || run.next.position >= this.#log.header.totalLength
    if (!isCut && epoch === this.#log.epoch) this.#remember(from, run, now)
    return run
  }

  #remember(from: LogPosition, { bytes, position, next }: LogRun, walkedAt: number): void {
    this.#walked.delete(from.position)
    this.#walked.set(from.position, { position, length: bytes.length, next, walkedAt })
    const [oldest = from.position] = this.#walked.keys()
    if (this.#walked.size > MAX_ENDS) this.#walked.delete(oldest)
  }

  #leave(slot: Slot): void {
    slot.users--
    if (!slot.isKept && slot.users === 0) this.#free.push(slot.memory)
    this.#trim()
  }

  /** Keep a run no longer. */
  #release(slot: Slot): void {
    if (!slot.isKept) return
    slot.isKept = false
    if (slot.users === 0) this.#free.push(slot.memory)
    this.#trim()
  }

  #shrink(): void {
    for (const [key, slot] of this.#slots) {
      if (this.#slots.size <= this.#maxKept) return
      this.#slots.delete(key)
      this.#release(slot)
    }
  }

  #trim(): void {
    if (this.#free.length > this.#maxKept) this.#free.length = this.#maxKept
  }

  #moveTo(epoch: number): void {
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    for (const slot of this.#slots.values()) this.#release(slot)
    this.#slots.clear()
    this.#walked.clear()
  }
}
