import { BOOKMARK_TYPE } from '@datastreamer/format'
import { findBookmark } from '../../src/bookmarks/find-bookmark.ts'
import { DiskError } from '../../src/errors.ts'
import type { Fsync } from '../../src/store/checkpointer.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { StreamStore } from '../../src/store/stream-store.ts'
import { type Random, randomFrom } from './random.ts'
import { readAll } from './read-all.ts'
import { CrashedError, type Fault, SimDisk } from './sim-disk.ts'
import { SimIndex } from './sim-index.ts'

export interface HistoryOptions {
  readonly seed: number
  readonly fsync: Fsync
  /** Call of the disk at which the machine or the process dies; none: the history runs to its end. */
  readonly crashAt?: number | undefined
  /** What dies. */
  readonly death?: 'power' | 'process'
  /** Probability that another fault (no space, an error, a short write) is planned at a call. */
  readonly faults?: number
}

/** What the log may hold after one more step. */
interface Version {
  readonly entries: readonly string[]
  state: 'waiting' | 'acknowledged' | 'refused' | 'unknown'
}

const FILE = '/sim/data-stream.bin'

/**
 * Play one seeded history of operations on a simulated disk, let it die at one of its calls, open the store again and
 * check that exactly what was committed is there. Returns the number of calls that the whole history makes.
 */
export async function playHistory(options: HistoryOptions): Promise<number> {
  const player = new Player(options)
  await player.play()
  return player.calls
}

class Player {
  readonly #options: HistoryOptions
  readonly #random: Random
  readonly #fate: Random
  readonly #disk: SimDisk
  readonly #index = new SimIndex()
  readonly #versions: Version[] = [{ entries: [], state: 'acknowledged' }]
  /** First version that may be found after the power failed. */
  #floor = 0
  #store: StreamStore | undefined
  /** Entries of the log and of what waits to be committed. */
  #entries: string[] = []
  #answers: Promise<void>[] = []

  constructor(options: HistoryOptions) {
    this.#options = options
    this.#random = randomFrom(options.seed)
    this.#fate = randomFrom(options.seed * 7919 + (options.crashAt ?? 0))
    this.#disk = new SimDisk(this.#fate)
    if (options.crashAt !== undefined) this.#disk.failAt(options.crashAt, 'crash')
    for (let call = 12; call < 400; call++) {
      if (call !== options.crashAt && this.#fate.chance(options.faults ?? 0)) this.#disk.failAt(call, this.#fault())
    }
  }

  get calls(): number {
    return this.#disk.calls
  }

  async play(): Promise<void> {
    const steps = this.#random.int(3, 9)
    try {
      this.#store = await this.#open()
      for (let step = 0; step < steps; step++) await this.#step(this.#store)
      await Promise.all(this.#answers)
    } catch (error) {
      if (!(error instanceof CrashedError) && !(error instanceof DiskError) && !isPlanned(error)) throw error
    }
    const calls = this.#disk.calls
    await this.#die()
    await this.#check()
    if (this.#options.crashAt === undefined && calls === 0) throw new Error('a history without a call')
  }

  async #open(): Promise<StreamStore> {
    const { fsync } = this.#options
    return openStore({
      file: FILE,
      fsync,
      fsyncIntervalMs: 1,
      spillBytes: 1,
      tailPages: 2,
      disk: this.#disk,
      index: this.#index,
    })
  }

  async #step(store: StreamStore): Promise<void> {
    const kind = this.#random.next()
    if (kind < 0.72) await this.#operation(store)
    else if (kind < 0.8) await this.#settled(() => this.#truncate(store))
    else if (kind < 0.88) await this.#settled(() => this.#update(store))
    else if (kind < 0.94) await this.#settled(() => this.#reopen(store))
    else await new Promise((resolve) => setTimeout(resolve, 2))
  }

  async #operation(store: StreamStore): Promise<void> {
    const added = this.#draw()
    store.startAtomicOp()
    for (const { type, data } of added) {
      const number = type === BOOKMARK_TYPE ? store.addStreamBookmark(data) : store.addStreamEntry(type, data)
      const expected = this.#entries.length + added.findIndex((entry) => entry.data === data)
      if (number !== BigInt(expected)) throw new Error(`entry got number ${number}, expected ${expected}`)
    }
    if (this.#random.chance(0.15)) {
      store.rollbackAtomicOp()
      return
    }
    const entries = [...this.#entries, ...added.map(textOf)]
    const version: Version = { entries, state: 'waiting' }
    this.#entries = entries
    this.#versions.push(version)
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
    const unknown = error instanceof DiskError && error.code === 'OUTCOME_UNKNOWN'
    version.state = unknown || this.#disk.dead ? 'unknown' : 'refused'
    this.#entries = [...this.#acknowledged().entries]
  }

  async #truncate(store: StreamStore): Promise<void> {
    if (this.#entries.length === 0) return
    const at = this.#random.int(0, this.#entries.length - 1)
    await this.#change(this.#entries.slice(0, at), () => store.truncateFile(BigInt(at)))
  }

  async #update(store: StreamStore): Promise<void> {
    if (this.#entries.length === 0) return
    const at = this.#random.int(0, this.#entries.length - 1)
    const { type, data } = entryOf(this.#entries[at] as string)
    const other = data.map((byte) => byte ^ 0x55)
    const entries = this.#entries.with(at, textOf({ type, data: other }))
    await this.#change(entries, () => store.updateEntryData(BigInt(at), type, other))
  }

  /** A change that is durable when it is answered, in every mode. */
  async #change(entries: string[], act: () => Promise<void>): Promise<void> {
    const version: Version = { entries, state: 'waiting' }
    this.#versions.push(version)
    try {
      await act()
      version.state = 'acknowledged'
      this.#entries = entries
      this.#floor = this.#versions.length - 1
    } catch (error) {
      version.state = 'unknown'
      throw error
    }
  }

  async #reopen(store: StreamStore): Promise<void> {
    await store.close()
    this.#floor = this.#versions.findLastIndex((version) => version.state === 'acknowledged')
    this.#store = await this.#open()
  }

  /** Run when no commit waits, so that it is known what the log holds. */
  async #settled(act: () => Promise<void>): Promise<void> {
    await Promise.all(this.#answers)
    await act()
  }

  async #die(): Promise<void> {
    if (!this.#disk.dead) this.#disk.failAt(this.#disk.calls + 1, 'crash')
    await this.#store?.close().catch(() => {})
    await Promise.all(this.#answers)
    for (const version of this.#versions) if (version.state === 'waiting') version.state = 'unknown'
    if (this.#options.death === 'process') {
      this.#disk.processKilled()
    } else {
      this.#disk.powerOff()
      this.#index.powerOff(this.#fate)
    }
  }

  async #check(): Promise<void> {
    const store = await this.#open()
    const found = (await readAll(store.log)).map(textOf)
    const allowed = this.#allowed()
    if (!allowed.some(({ entries }) => sameTexts(entries, found))) {
      throw new Error(
        `found ${found.length} entries, expected ${allowed.map(({ entries }) => entries.length).join(' or ')}`,
      )
    }
    await checkIndex(store, found, this.#versions)
    const added = { type: 7, data: Uint8Array.of(1, 2, 3) }
    store.startAtomicOp()
    store.addStreamEntry(added.type, added.data)
    await store.commitAtomicOp()
    await store.close()
    const again = await this.#open()
    const after = (await readAll(again.log)).map(textOf)
    await again.close()
    if (!sameTexts(after, [...found, textOf(added)])) throw new Error('the log differs after a clean close')
  }

  #allowed(): Version[] {
    const last = this.#versions.findLastIndex((version) => version.state === 'acknowledged')
    const strict = this.#options.fsync === 'commit' || this.#options.death === 'process'
    const from = strict ? last : this.#floor
    return this.#versions.filter(({ state }, index) => index >= from && state !== 'refused')
  }

  #acknowledged(): Version {
    return this.#versions.findLast((version) => version.state === 'acknowledged') as Version
  }

  #draw(): { type: number; data: Uint8Array }[] {
    return Array.from({ length: this.#random.int(1, 5) }, () => {
      if (this.#random.chance(0.35)) return { type: BOOKMARK_TYPE, data: Uint8Array.of(2, this.#random.int(0, 9)) }
      const large = this.#random.chance(0.06)
      const data = new Uint8Array(large ? this.#random.int(300_000, 1_000_000) : this.#random.int(0, 300))
      return { type: this.#random.int(1, 6), data: data.fill(this.#random.int(0, 255)) }
    })
  }

  #fault(): Fault {
    return this.#fate.pick(['short-write', 'ENOSPC', 'EIO'] as const)
  }
}

async function checkIndex(store: StreamStore, found: readonly string[], versions: readonly Version[]): Promise<void> {
  const known = new Set(
    versions.flatMap(({ entries }) => entries).filter((text) => text.startsWith(`${BOOKMARK_TYPE}:`)),
  )
  for (const text of known) {
    const at = found.lastIndexOf(text)
    const number = await findBookmark(store.log, store.index, entryOf(text).data)
    if (number !== (at < 0 ? undefined : BigInt(at)))
      throw new Error(`bookmark ${text} found at ${number}, is at ${at}`)
  }
}

/** An entry as text that is cheap to keep and to compare: large data is of one byte repeated. */
function textOf({ type, data }: { readonly type: number; readonly data: Uint8Array }): string {
  const uniform = data.length > 16 && data.every((byte) => byte === data[0])
  return uniform ? `${type}:${data[0]}x${data.length}` : `${type}:${Buffer.from(data).toString('hex')}`
}

function entryOf(text: string): { type: number; data: Uint8Array } {
  const [type, rest = ''] = text.split(':')
  const [byte, length] = rest.split('x')
  const data = length === undefined ? Buffer.from(rest, 'hex') : Buffer.alloc(Number(length), Number(byte))
  return { type: Number(type), data: new Uint8Array(data) }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i])
}

/** Whether an error is one that the plan brought about while the store was opened or closed. */
function isPlanned(error: unknown): boolean {
  return error instanceof Error && /simulated|the store must be opened again/.test(error.message)
}
