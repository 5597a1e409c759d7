import { setImmediate as turn } from 'node:timers/promises'
import { BOOKMARK_TYPE, pageStart } from '@datastreamer/format'
import { ManualClock } from '@datastreamer/runtime/testing'
import { DiskError } from '../../src/disk/errors.ts'
import { DamageError } from '../../src/log/damage-error.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { StreamStore } from '../../src/store/stream-store.ts'
import type { Fsync } from '../../src/write/checkpointer.ts'
import { anotherProgram } from './another-program.ts'
import { changeBeside } from './beside-rot.ts'
import { checkIndex, damagesOf } from './check-store.ts'
import { emptyFile } from './empty-file.ts'
import { asPlanned, isBroken, isFailedOperation, isInTheWay, isPlanned } from './planned.ts'
import { type Random, randomFrom } from './random.ts'
import { readAll } from './read-all.ts'
import type { Rotten } from './sim-content.ts'
import { CrashedError, type Fault, SimDisk } from './sim-disk.ts'
import { SimIndex } from './sim-index.ts'
import { slowDisk } from './slow-disk.ts'
import { entryOf, sameTexts, textOf, type Version, Versions } from './versions.ts'

export interface HistoryOptions {
  readonly seed: number
  readonly fsync: Fsync
  /** Call of the disk at which the machine or the process dies; none: the history runs to its end. */
  readonly crashAt?: number | undefined
  /** What dies: the process, or the machine. */
  readonly death?: 'power' | 'process'
  /** Probability that another fault (no space, an error, a short write) is planned at a call. */
  readonly faults?: number
  /** Most lives of the store: after a death it is reopened and goes on (default 1). */
  readonly lives?: number
  /** Probability that a call of the disk takes time, so that others overlap with it (default 0). */
  readonly slow?: number
  /** Probability that a call of the disk that changes nothing fails (default 0). */
  readonly looks?: number
  /** Probability that a page which a failed sync has lost is read back as it was before (default 0). */
  readonly forgets?: number
  /** Whether a broken store reopens its files by itself, instead of being closed and opened (default false). */
  readonly reopens?: boolean
  /** Probability that a bit of the disk has flipped after a death (default 0); the log is then right or damaged. */
  readonly rot?: number
  /** Whether the file may begin late, and give up its first entries (default false). */
  readonly late?: boolean
  /** Notified of each fault of the last three kinds that occurred. */
  readonly onFault?: (kind: FrailFault) => void
}

/** A call that changes nothing failed, a page was read back old, a bit flipped. */
export type FrailFault = 'look' | 'forget' | 'flip'

const FILE = '/sim/data-stream.bin'
const FSYNC_INTERVAL_MS = 1000
const REOPEN_MS = 100
/** Attempts of a store to reopen its files, after which the history goes on by closing it. */
const MAX_REOPENINGS = 20
/** Where a file that begins late begins. */
const BASE = { totalLength: pageStart(1), totalEntries: 3n }
/** Entries before that, of which nothing is known. */
const BEFORE_BASE: readonly string[] = ['0:', '0:', '0:']
/** Most deaths each time that the store is opened. */
const MAX_DEATHS_IN_RECOVERY = 3

/**
 * Play one seeded history of operations on a simulated disk, let it die at one of its calls, reopen the store and check that
 * exactly what was committed is there. Returns the number of calls that the whole history makes.
 */
export function playHistory(options: HistoryOptions): Promise<number> {
  return new Player(options).play()
}

class Player {
  readonly #options: HistoryOptions
  /** Chooses what is done. */
  readonly #random: Random
  /** Chooses what goes wrong. */
  readonly #fate: Random
  readonly #disk: SimDisk
  /** Time passes only in the steps of the history, so that the same seed gives the same calls. */
  readonly #clock = new ManualClock()
  readonly #index = new SimIndex()
  readonly #versions: Versions
  /** Chooses what goes wrong by chance, in addition to the plan. */
  readonly #chance: Random
  /** Where a bit has flipped, if any. Not two: those of an entry and of its checksum could cancel out. */
  #rotten: Rotten | undefined
  /** Damage was found, which ends the history. */
  #isOver = false
  #store: StreamStore | undefined
  /** Entries of the log and of queued commits. */
  #entries: readonly string[] = []
  /** Number of the first entry of the file: at least, and at most. */
  #base = { least: 0, most: 0 }
  #answers: Promise<void>[] = []

  constructor(options: HistoryOptions) {
    this.#options = options
    this.#random = randomFrom(options.seed)
    this.#fate = randomFrom(options.seed * 7919 + (options.crashAt ?? 0))
    this.#chance = randomFrom(options.seed * 104_729 + (options.crashAt ?? 0))
    const { looks = 0, forgets = 0, onFault = () => {} } = options
    this.#disk = new SimDisk(this.#fate, { random: this.#chance, looks, forgets, onFault })
    // A file without pages has to be extended by the first commit.
    const isFound = this.#random.chance(0.5)
    if (isFound) this.#disk.put(FILE, emptyFile())
    else if (options.late === true) {
      this.#entries = BEFORE_BASE
      this.#base = { least: BEFORE_BASE.length, most: BEFORE_BASE.length }
    }
    this.#versions = new Versions(this.#entries)
    if (options.crashAt !== undefined) this.#disk.failAt(options.crashAt, 'crash')
    this.#planFaults(12)
  }

  async play(): Promise<number> {
    const { lives = 1, crashAt } = this.#options
    let calls = 0
    for (let life = 1; life <= lives && !this.#isOver; life++) {
      if (life > 1) {
        this.#disk.failAt(this.#disk.calls + this.#fate.int(1, 80), 'crash')
        this.#planFaults(this.#disk.calls)
      }
      await this.#judged(() => this.#live())
      calls ||= this.#disk.calls
      await this.#die()
      await this.#judged(() => this.#recover())
      // A life that could not even open its files has made none.
      calls ||= this.#disk.calls
    }
    await this.#judged(() => this.#checkAppending())
    if (crashAt === undefined && calls === 0) throw new Error('a history without a call')
    return calls
  }

  /** Open the store, unless it is open, and use it. */
  async #live(): Promise<void> {
    const steps = this.#random.int(3, 9)
    try {
      this.#store ??= await this.#open()
      for (let step = 0; step < steps; step++) await this.#step(this.#store)
      await Promise.all(this.#answers)
    } catch (error) {
      if (!(error instanceof CrashedError) && !isPlanned(error)) throw error
    }
  }

  /** A failed check may be due to reported damage, if there can be any; that ends the history. */
  async #judged(work: () => Promise<void>): Promise<void> {
    if (this.#isOver) return
    try {
      await work()
    } catch (error) {
      if (this.#rotten === undefined && this.#keepsAll) throw error
      await this.#calmly(async () => {
        if (!(await (this.#rotten === undefined ? this.#isKnownLoss(error) : this.#isFoundRot(error)))) {
          throw new Error(`wrong, and nobody tells; flipped was ${JSON.stringify(this.#rotten)}`, { cause: error })
        }
        if (this.#rotten !== undefined) await this.#goOnBeside(this.#rotten)
      })
      this.#isOver = true
    }
  }

  /** What a failed sync has lost of commits that were not durable is known, unless their checksums are lost too. */
  async #isKnownLoss(error: unknown): Promise<boolean> {
    if (error instanceof DamageError && error.code === 'BAD_CHECKSUM') return true
    return (await damagesOf(this.#disk, FILE)).some(({ code }) => code === 'NO_CHECKSUM')
  }

  /** Once a bit has flipped there may be damage, but never wrong entries without a report. */
  async #isFoundRot(error: unknown): Promise<boolean> {
    return error instanceof DamageError || isInTheWay(error) || (await damagesOf(this.#disk, FILE)).length > 0
  }

  /** The process dies, and the next one changes bytes near a rotten byte. */
  async #goOnBeside(rotten: Rotten): Promise<void> {
    await this.#store?.close().catch(() => {})
    this.#store = undefined
    this.#disk.processKilled()
    await changeBeside(rotten, { disk: this.#disk, file: FILE, open: () => this.#open(), random: this.#chance })
  }

  #calmly<T>(work: () => Promise<T>): Promise<T> {
    return this.#disk.calmly(work)
  }

  /** Open the store, repeatedly until the disk allows it. */
  async #openAtLast(): Promise<StreamStore> {
    for (;;) {
      this.#disk.mustLive()
      const store = await this.#open().catch(asPlanned)
      if (store === undefined) continue
      // The disk may have been too full for what it has to write first.
      if (!isBroken(store) || (this.#options.reopens === true && (await this.#isReopened(store)))) return store
      await store.close().catch(asPlanned)
    }
  }

  async #open(): Promise<StreamStore> {
    const { fsync, slow = 0 } = this.#options
    const disk = slowDisk(this.#disk, this.#fate, slow)
    const limits = {
      spillBytes: 1,
      tailPages: 2,
      fsyncIntervalMs: FSYNC_INTERVAL_MS,
      reopenDelayMs: () => (this.#options.reopens === true ? REOPEN_MS : 2 ** 31 - 1),
    }
    const base = this.#options.late === true ? BASE : undefined
    return openStore({
      file: FILE,
      fileCheckMs: 0,
      fsync,
      base,
      ...limits,
      disk,
      index: this.#index,
      clock: this.#clock,
    })
  }

  async #step(store: StreamStore): Promise<void> {
    const kind = this.#random.next()
    if (this.#options.late === true && this.#random.chance(0.2)) await this.#settled(() => this.#drop(store))
    else if (kind < 0.72) await this.#operation(store)
    else if (kind < 0.8) await this.#settled(() => this.#truncate(store))
    else if (kind < 0.88) await this.#settled(() => this.#update(store))
    else if (kind < 0.94) await this.#settled(() => this.#reopen(store))
    else await this.#pause()
  }

  /** Time passes: a sync in the background begins, and may end. */
  async #pause(): Promise<void> {
    this.#clock.advance(FSYNC_INTERVAL_MS)
    for (let turns = this.#random.int(0, 3); turns > 0; turns--) await turn()
  }

  async #operation(store: StreamStore): Promise<void> {
    const base = this.#entries
    const added = this.#draw()
    // Time between the calls lets queued commits fail and large operations be written ahead while one is open.
    const slow = this.#random.chance(0.4)
    store.startAtomicOp()
    try {
      for (const [i, { type, data }] of added.entries()) {
        const number = type === BOOKMARK_TYPE ? store.addStreamBookmark(data) : store.addStreamEntry(type, data)
        if (number !== BigInt(base.length + i)) throw new Error(`entry got number ${number}, not ${base.length + i}`)
        if (slow) await this.#pause()
        if (slow && this.#random.chance(0.3)) await store.writable()
      }
    } catch (error) {
      if (!isFailedOperation(error)) throw error
      store.rollbackAtomicOp()
      return
    }
    if (this.#random.chance(0.15)) {
      store.rollbackAtomicOp()
      return
    }
    const version = this.#versions.add([...base, ...added.map(textOf)])
    this.#entries = version.entries
    const answer = store.commitAtomicOp().then(
      () => {
        version.state = 'acknowledged'
      },
      (error: unknown) => this.#refused(version, error),
    )
    this.#answers.push(answer)
    if (this.#random.chance(0.6)) await answer
  }

  #refused(version: Version, error: unknown): void {
    const isUnknown = error instanceof DiskError && error.code === 'OUTCOME_UNKNOWN'
    version.state = isUnknown || this.#disk.dead ? 'unknown' : 'refused'
    this.#entries = this.#versions.acknowledged.entries
  }

  async #truncate(store: StreamStore): Promise<void> {
    const { firstEntry } = store.log
    if (this.#entries.length === firstEntry) return
    const at = this.#random.int(firstEntry, this.#entries.length - 1)
    await this.#change(this.#entries.slice(0, at), () => store.truncateFile(BigInt(at)))
  }

  async #update(store: StreamStore): Promise<void> {
    const { firstEntry } = store.log
    if (this.#entries.length === firstEntry) return
    const at = this.#random.int(firstEntry, this.#entries.length - 1)
    const { type, data } = entryOf(this.#entries[at] as string)
    // An update that changes nothing makes nothing durable.
    if (data.length === 0) return
    const other = data.map((byte) => byte ^ 0x55)
    const entries = this.#entries.with(at, textOf({ type, data: other }))
    await this.#change(entries, () => store.updateEntryData(BigInt(at), type, other))
  }

  /** Give up the first entries: durable when it is acknowledged, with all that is committed. */
  async #drop(store: StreamStore): Promise<void> {
    const at = this.#random.int(0, this.#entries.length)
    const { firstEntry } = store.log
    this.#base.most = Math.max(this.#base.most, at)
    try {
      await store.dropBefore(BigInt(at))
    } finally {
      if (store.log.firstEntry > firstEntry) {
        this.#versions.sealed()
        this.#base.least = store.log.firstEntry
      }
    }
  }

  /** A change that is durable when it is acknowledged, in every mode. */
  async #change(entries: readonly string[], act: () => Promise<void>): Promise<void> {
    const version = this.#versions.add(entries)
    try {
      await act()
      version.state = 'acknowledged'
      this.#entries = entries
      this.#versions.sealed()
    } catch (error) {
      this.#refused(version, error)
      if (!(error instanceof DiskError)) throw error
    }
  }

  /** Close the store, broken or not, and open it again until that works. */
  async #reopen(store: StreamStore): Promise<void> {
    const isClosed = await store.close().then(() => true, asPlanned)
    if (isClosed) this.#versions.sealed()
    this.#store = undefined
    this.#store = await this.#openAtLast()
    await this.#settleWith(this.#store, { strict: this.#keepsAll })
  }

  /** Run when no commit is queued, so that it is known what the log holds. A broken store is opened again. */
  async #settled(act: () => Promise<void>): Promise<void> {
    await Promise.all(this.#answers)
    try {
      await act()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
    const store = this.#store
    if (store === undefined || !isBroken(store)) return
    if (this.#options.reopens === true && (await this.#reopensItself(store))) return
    await this.#reopen(store)
  }

  /** Let time pass until a broken store has reopened its files; what was acknowledged is there. */
  async #reopensItself(store: StreamStore): Promise<boolean> {
    if (!(await this.#isReopened(store))) return false
    await this.#settleWith(store, { strict: this.#keepsAll })
    return true
  }

  async #isReopened(store: StreamStore): Promise<boolean> {
    for (let tries = 0; tries < MAX_REOPENINGS && store.state.t !== 'open'; tries++) {
      this.#clock.advance(REOPEN_MS)
      do await turn()
      while (store.state.t === 'reopening')
      this.#disk.mustLive()
    }
    return store.state.t === 'open'
  }

  async #die(): Promise<void> {
    if (!this.#disk.dead) this.#disk.failAt(this.#disk.calls + 1, 'crash')
    await this.#store?.close().catch(() => {})
    this.#store = undefined
    await Promise.all(this.#answers)
    this.#answers = []
    this.#versions.abandon()
    this.#fall()
  }

  /** The process or the machine dies; the index comes back with what another program left in it. */
  #fall(): void {
    if (this.#options.death === 'process') {
      this.#disk.processKilled()
    } else {
      this.#disk.powerOff()
      this.#index.powerOff(this.#fate)
    }
    if (this.#fate.chance(0.2)) anotherProgram(this.#disk, FILE, this.#index, this.#fate)
    if (this.#chance.chance(this.#options.rot ?? 0)) this.#flip()
  }

  #flip(): void {
    if (this.#rotten !== undefined) return
    this.#rotten = this.#disk.rot(this.#chance)
    if (this.#rotten !== undefined) this.#options.onFault?.('flip')
  }

  /** Whether nothing that was acknowledged may be missing as long as the machine has power. */
  get #keepsAll(): boolean {
    const { fsync, forgets = 0, rot = 0 } = this.#options
    return fsync === 'commit' || (forgets === 0 && rot === 0)
  }

  /** Open the store, which may die a few more times meanwhile, and check what is there. */
  async #recover(): Promise<void> {
    for (let death = 0; death < MAX_DEATHS_IN_RECOVERY && this.#fate.chance(0.4); death++) {
      this.#disk.failAt(this.#disk.calls + this.#fate.int(1, 25), 'crash')
      const store = await this.#open().catch(asPlanned)
      await store?.close().catch(asPlanned)
      this.#fall()
    }
    const { fsync, death } = this.#options
    this.#store = await this.#openAtLast()
    await this.#settleWith(this.#store, { strict: fsync === 'commit' || (death === 'process' && this.#keepsAll) })
  }

  async #settleWith(store: StreamStore, how: { readonly strict: boolean }): Promise<void> {
    const found = await this.#calmly(() => this.#read(store))
    const first = store.log.firstEntry
    const { least, most } = this.#base
    if (first < least || first > most)
      throw new Error(`the file begins with entry ${first}, expected ${least} to ${most}`)
    this.#base = { least: first, most: first }
    this.#versions.settle(found, how)
    this.#entries = found
    await this.#calmly(() => checkIndex(store, found, this.#versions.everyEntry))
  }

  /** All entries of the stream; those that the file has given up are taken to be as they were. */
  async #read({ log }: StreamStore): Promise<string[]> {
    const before = this.#versions.acknowledged.entries.slice(0, log.firstEntry)
    return [...before, ...(await readAll(log)).map(textOf)]
  }

  async #checkAppending(): Promise<void> {
    await this.#calmly(() => this.#append())
  }

  async #append(): Promise<void> {
    const store = this.#store ?? (await this.#open())
    const added = { type: 7, data: Uint8Array.of(1, 2, 3) }
    store.startAtomicOp()
    store.addStreamEntry(added.type, added.data)
    await store.commitAtomicOp()
    await store.close()
    const again = await this.#open()
    const after = await this.#read(again)
    await again.close()
    if (!sameTexts(after, [...this.#entries, textOf(added)])) throw new Error('the log differs after a clean close')
  }

  #draw(): { type: number; data: Uint8Array }[] {
    return Array.from({ length: this.#random.int(1, 5) }, () => {
      if (this.#random.chance(0.35)) return { type: BOOKMARK_TYPE, data: Uint8Array.of(2, this.#random.int(0, 9)) }
      const large = this.#random.chance(this.#options.late === true ? 0.4 : 0.12)
      const data = new Uint8Array(large ? this.#random.int(400_000, 1_048_559) : this.#random.int(0, 300))
      return { type: this.#random.int(1, 6), data: data.fill(this.#random.int(0, 255)) }
    })
  }

  #planFaults(from: number): void {
    const { faults = 0, crashAt } = this.#options
    for (let call = from; call < from + 400; call++) {
      if (call !== crashAt && this.#fate.chance(faults)) this.#disk.failAt(call, this.#fault())
    }
  }

  #fault(): Fault {
    return this.#fate.pick(['short-write', 'ENOSPC', 'EIO'] as const)
  }
}
