import { concatBytes } from '@datastreamer/format'
import type { Disk, DiskFile } from '../../src/disk/disk.ts'
import type { Random } from './random.ts'
import { countOfShortWrite, type Rotten, SimContent, tornLength } from './sim-content.ts'
import type { SparseBytes } from './sparse-bytes.ts'

/** What goes wrong at one call of the disk. */
export type Fault = 'crash' | 'short-write' | 'ENOSPC' | 'EIO'

/** The machine is dead: this and every later call fails. */
export class CrashedError extends Error {
  override readonly name = 'CrashedError'
}

/** The effect of a call that goes wrong. */
interface OnFault {
  readonly onCrash?: () => unknown
  readonly onError?: () => unknown
}

/** The files of a folder. */
type Names = Map<string, SimContent>

/** What else may go wrong on a disk, by random numbers of its own, so that the plan stays the same. */
export interface Frailty {
  readonly random: Random
  /** Probability that a call that changes nothing fails: a read, an open, a check of existence or size. */
  readonly looks: number
  /** Probability that a page which a failed sync has lost is read back old, each time that it is read. */
  readonly forgets: number
  /** Notified of each one that occurred. */
  readonly onFault: (kind: 'look' | 'forget') => void
}

/**
 * A disk that does what real ones may do: it loses, tears and reorders what was not synced, has short writes, and fails at any
 * call. Calls that change something are counted; a plan says which of them goes wrong and how. Calls that change nothing go
 * wrong by chance, if it is {@link Frailty frail}.
 */
export class SimDisk implements Disk {
  readonly #random: Random
  /** The durable names, and those that the machine sees. */
  readonly #durableNames: Names = new Map()
  #names: Names = new Map()
  /** Changes of names that are not durable. */
  #unsyncedNames: ((names: Names) => void)[] = []
  #plan = new Map<number, Fault>()
  #calls = 0
  #boots = 0
  #deaths = 0
  #dead = false
  /** What goes wrong by chance, while that is enabled. */
  readonly #frailty: Frailty | undefined
  #calm = false

  constructor(random: Random, frailty?: Frailty) {
    this.#random = random
    this.#frailty = frailty
  }

  /** Number of calls that changed or synced something. */
  get calls(): number {
    return this.#calls
  }

  get dead(): boolean {
    return this.#dead
  }

  /** Number of deaths of the machine or of the process. */
  get deaths(): number {
    return this.#deaths
  }

  /** Make a file, durably, without a call. */
  put(path: string, bytes: Uint8Array): void {
    const content = new SimContent(this.#random)
    content.change({ kind: 'write', position: 0, bytes })
    content.sync()
    this.#names.set(path, content)
    this.#durableNames.set(path, content)
  }

  /** Do work during which calls that change nothing do not fail. */
  async calmly<T>(work: () => Promise<T>): Promise<T> {
    this.#calm = true
    try {
      return await work()
    } finally {
      this.#calm = false
    }
  }

  /** Flip a durable bit of one of the files. @returns which, or `undefined` if nothing was ever written */
  rot(random: Random): Rotten | undefined {
    if (this.#names.size === 0) return undefined
    const [path, content] = random.pick([...this.#names])
    const flip = content.rot(random)
    return flip && { path, ...flip }
  }

  /** @throws {CrashedError} if the machine is dead */
  mustLive(): void {
    this.#alive()
  }

  /** Make the call of a number, counted from the start, go wrong. */
  failAt(call: number, fault: Fault): void {
    this.#plan.set(call, fault)
  }

  /**
   * The power failed: of what was not synced, some is there, some is not, some is torn; in any order.
   *
   * @param isLost whether nothing of it is there (default false)
   */
  powerOff(isLost = false): void {
    for (const content of new Set([...this.#names.values(), ...this.#durableNames.values()])) {
      content.powerOff(isLost)
    }
    // Each change of names may be lost by itself; a rename is one change, so either the new name is there or the old one.
    if (isLost) this.#syncNames(() => false)
    else if (this.#random.chance(0.5)) this.#syncNames()
    else if (this.#unsyncedNames.length > 1) this.#syncNames(() => this.#random.chance(0.5))
    this.#unsyncedNames = []
    this.#names = new Map(this.#durableNames)
    this.#boots++
    this.#revive()
  }

  /** Only the process died: the machine still has everything that it wrote. */
  processKilled(): void {
    this.#revive()
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    this.#look()
    let content = this.#names.get(path)
    if (content === undefined) {
      if (mode !== 'create') throw systemError('ENOENT')
      this.#step()
      const made = new SimContent(this.#random)
      this.#changeNames((names) => names.set(path, made))
      content = made
    }
    return this.#file(content)
  }

  async exists(path: string): Promise<boolean> {
    this.#look()
    return this.#names.has(path)
  }

  async namesBeside(path: string): Promise<readonly string[]> {
    this.#look()
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    return [...this.#names.keys()].filter((name) => name.startsWith(folder)).map((name) => name.slice(folder.length))
  }

  async remove(path: string): Promise<void> {
    this.#step()
    this.#changeNames((names) => names.delete(path))
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step()
    const content = this.#names.get(from)
    if (content === undefined) throw systemError('ENOENT')
    if (this.#names.has(to)) throw systemError('EEXIST')
    this.#changeNames((names) => names.set(to, content).delete(from))
  }

  async makeFoldersOf(_path: string): Promise<readonly string[]> {
    return []
  }

  async removeFolder(_path: string): Promise<void> {}

  async syncFolderOf(_path: string): Promise<void> {
    this.#step()
    this.#syncNames()
  }

  async bootId(): Promise<string> {
    return `boot-${this.#boots}`
  }

  /** The bytes of a file as the machine sees them. */
  contentOf(path: string): SparseBytes | undefined {
    return this.#names.get(path)?.current
  }

  #changeNames(change: (names: Names) => void): void {
    change(this.#names)
    this.#unsyncedNames.push(change)
  }

  #syncNames(isKept = (): boolean => true): void {
    for (const change of this.#unsyncedNames) if (isKept()) change(this.#durableNames)
    this.#unsyncedNames = []
  }

  #file(content: SimContent): DiskFile {
    return {
      read: async (into, position) => {
        this.#look()
        content.forget(position, into.length, () => this.#mayFail('forget', this.#frailty?.forgets))
        return content.current.read(into, position)
      },
      write: async (from, position) => {
        const all = concatBytes(from)
        const fault = this.#step({
          onCrash: () =>
            content.change({
              kind: 'write',
              position,
              bytes: all.slice(0, tornLength(position, all.length, this.#random)),
            }),
        })
        const count = fault === 'short-write' ? countOfShortWrite(position, all.length, this.#random) : all.length
        content.change({ kind: 'write', position, bytes: all.slice(0, count) })
        return count
      },
      sync: async () => {
        this.#step({
          onCrash: () => this.#random.chance(0.5) && content.sync(),
          // After a failed sync the machine treats everything as written, and a later one does not repair that.
          onError: () => content.lose(),
        })
        content.sync()
      },
      free: async (from, to) => {
        this.#step({ onCrash: () => content.change({ kind: 'free', from, to: this.#random.int(from, to) }) })
        content.change({ kind: 'free', from, to })
      },
      resize: async (size) => {
        this.#step()
        content.change({ kind: 'resize', size })
      },
      size: async () => {
        this.#look()
        return content.current.size
      },
      isAt: async (path) => {
        this.#alive()
        return this.#names.get(path) === content
      },
      // In each life a file has one writer.
      lock: async () => 'everyone',
      close: async () => {},
    }
  }

  #alive(): void {
    if (this.#dead) throw new CrashedError('the machine is dead')
  }

  /** A call that changes nothing, and is not counted. */
  #look(): void {
    this.#alive()
    if (!this.#calm && this.#mayFail('look', this.#frailty?.looks)) throw systemError('EIO')
  }

  #mayFail(kind: 'look' | 'forget', probability = 0): boolean {
    if (probability === 0 || this.#frailty?.random.chance(probability) !== true) return false
    this.#frailty.onFault(kind)
    return true
  }

  /** Count a call and make it fail if the plan says so. */
  #step({ onCrash, onError = onCrash }: OnFault = {}): Fault | undefined {
    this.#alive()
    const fault = this.#plan.get(++this.#calls)
    if (fault === 'crash') {
      onCrash?.()
      this.#dead = true
      throw new CrashedError(`crashed at call ${this.#calls}`)
    }
    if (fault === 'ENOSPC' || fault === 'EIO') {
      // A failed write may have written some of the bytes.
      onError?.()
      throw systemError(fault)
    }
    return fault
  }

  #revive(): void {
    this.#dead = false
    this.#deaths++
    this.#plan.clear()
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code })
}
