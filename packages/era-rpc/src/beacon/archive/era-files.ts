import { ContentError, openEra } from '@datastreamer/e2store'
import { type EraFile, type EraGroup, type OpenEraOptions, parseEraName } from '@datastreamer/e2store/era'
import type { Location, OpenedFile } from '@datastreamer/e2store/location'
import { BeaconError } from '../errors.ts'
import { type HeldEras, heldEras, type NamedEra } from './held-eras.ts'

/** An era in a file that is open. */
export interface HeldEra {
  readonly fileName: string
  readonly file: EraFile
  readonly group: EraGroup
}

interface OpenEntry {
  readonly opened: Promise<{ readonly source: OpenedFile; readonly file: EraFile }>
  users: number
  isClosed: boolean
}

/** Files that stay open when nobody uses them. */
const IDLE_FILES = 16

/** The era files of a location: opened when they are needed, and kept open for a while. */
export class EraFiles implements AsyncDisposable {
  readonly config: string
  readonly #location: Location
  readonly #options: OpenEraOptions
  /** Ascending by era. */
  #files: readonly NamedEra[]
  /** Least recently used first. */
  readonly #open = new Map<string, OpenEntry>()

  private constructor(location: Location, files: readonly NamedEra[], config: string, options: OpenEraOptions) {
    this.#location = location
    this.#files = files
    this.config = config
    this.#options = options
  }

  /**
   * List a location's era files.
   *
   * @param config the network whose files are wanted; absent: the only one there
   * @throws {BeaconError} `NO_ERAS`: none, or of several networks
   */
  static async list(location: Location, config: string | undefined, options: OpenEraOptions): Promise<EraFiles> {
    const files = await namedEras(location)
    const configs = [...new Set(files.map((each) => each.config))]
    const wanted = config ?? configs[0]
    if (config === undefined && configs.length > 1) {
      throw new BeaconError('NO_ERAS', `${location.name} has eras of ${configs.join(', ')}: name one of them`)
    }
    const own = files.filter((each) => each.config === wanted)
    if (wanted === undefined || own.length === 0) {
      const found = configs.length > 0 ? `, but of ${configs.join(', ')}` : ''
      throw new BeaconError('NO_ERAS', `${location.name} has no .era files${config ? ` of ${config}` : ''}${found}`)
    }
    return new EraFiles(location, own, wanted, options)
  }

  /** List again; returns whether there are other files. If there are none any more, those from before stay. */
  async refresh(): Promise<boolean> {
    const files = (await namedEras(this.#location)).filter((each) => each.config === this.config)
    const names = (of: readonly NamedEra[]): string => of.map(({ name }) => name).join('\n')
    if (files.length === 0 || names(files) === names(this.#files)) return false
    this.#files = files
    return true
  }

  /** The lowest era by the names of the files. */
  get first(): bigint {
    return this.#files[0]?.era ?? 0n
  }

  /** The highest era in the file whose name has the highest. */
  async newest(): Promise<bigint> {
    const last = this.#files.at(-1)
    if (!last) throw new BeaconError('NO_ERAS', `${this.#location.name} has no .era files`)
    return this.#use(last.name, async (file) => file.groups.at(-1)?.era ?? last.era)
  }

  /** Which eras are held. @throws {LocationError} */
  eras(): Promise<HeldEras> {
    return heldEras(this.#files, ({ name, era }) => this.#lastEra(name, era))
  }

  /** The highest era in a file; of one that cannot be read, as its name says. */
  async #lastEra(name: string, era: bigint): Promise<bigint> {
    try {
      return await this.#use(name, async (file) => file.groups.at(-1)?.era ?? era)
    } catch (error) {
      if (error instanceof BeaconError) return era
      throw error
    }
  }

  /**
   * Call `use` with each file that has an era until it returns something. Several have it where a network's servers
   * wrote different ones; if all fail, the first error is thrown.
   */
  async with<T>(era: bigint, use: (held: HeldEra) => Promise<T | undefined>): Promise<T | undefined> {
    const errors: unknown[] = []
    for (const { name } of this.#candidates(era)) {
      try {
        const found = await this.#use(name, async (file) => {
          const group = file.groups.find((each) => each.era === era)
          return group && (await use({ fileName: name, file, group }))
        })
        if (found !== undefined) return found
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
    return undefined
  }

  /** Iterate over something in a file, which stays open meanwhile. */
  async *stream<T>(name: string, make: (file: EraFile) => AsyncIterable<T>): AsyncGenerator<T, void, void> {
    const entry = this.#acquire(name)
    try {
      yield* make((await entry.opened).file)
    } catch (error) {
      throw this.#failed(name, entry, error)
    } finally {
      await this.#release(entry)
    }
  }

  /** The names of the files that may have an era. */
  #candidates(era: bigint): readonly NamedEra[] {
    const own = this.#files.filter((each) => each.era === era)
    if (own.length > 0) return own
    const before = this.#files.findLast((each) => each.era < era)
    return before ? this.#files.filter((each) => each.era === before.era) : []
  }

  async #use<T>(name: string, use: (file: EraFile) => Promise<T>): Promise<T> {
    const entry = this.#acquire(name)
    try {
      return await use((await entry.opened).file)
    } catch (error) {
      throw this.#failed(name, entry, error)
    } finally {
      await this.#release(entry)
    }
  }

  #acquire(name: string): OpenEntry {
    const entry = this.#open.get(name) ?? { opened: this.#openFile(name), users: 0, isClosed: false }
    entry.users++
    this.#open.delete(name)
    this.#open.set(name, entry)
    return entry
  }

  async #openFile(name: string): Promise<{ readonly source: OpenedFile; readonly file: EraFile }> {
    const source = await this.#location.open(name, { ends: 'both' })
    try {
      return { source, file: await openEra(source, this.#options) }
    } catch (error) {
      await source[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The error with the file's name. What is wrong may have been replaced: whoever wants it next opens it again. */
  #failed(name: string, entry: OpenEntry, error: unknown): unknown {
    const isAbsent = error instanceof BeaconError && error.code !== 'NOT_VERIFIED'
    if (!isAbsent && this.#open.get(name) === entry) this.#open.delete(name)
    return named(name, error)
  }

  async #release(entry: OpenEntry): Promise<void> {
    entry.users--
    const open = [...this.#open]
    const idle = open.filter(([, { users }]) => users === 0)
    const surplus = idle.slice(0, Math.max(0, idle.length - IDLE_FILES))
    // Whoever wants one of these opens it again.
    for (const [oldest] of surplus) this.#open.delete(oldest)
    await closeAll(surplus.map(([, unused]) => unused))
    if (entry.users === 0 && !open.some(([, each]) => each === entry)) await closeAll([entry])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#open.values()]
    this.#open.clear()
    await closeAll(all)
  }
}

/** The era files of a location, ascending by era. */
async function namedEras(location: Location): Promise<readonly NamedEra[]> {
  const files = (await location.list()).flatMap(({ name }) => {
    const parts = parseEraName(name)
    return parts ? [{ name, config: parts.config, era: parts.era }] : []
  })
  return files.sort((a, b) => Number(a.era - b.era) || (a.name < b.name ? -1 : 1))
}

/** What is wrong in a file, with its name. */
function named(name: string, error: unknown): unknown {
  const isWrong = error instanceof ContentError || (error instanceof BeaconError && error.code === 'NOT_VERIFIED')
  return isWrong ? new BeaconError('NOT_VERIFIED', `${name}: ${error.message}`, { cause: error }) : error
}

async function closeAll(entries: readonly OpenEntry[]): Promise<void> {
  for (const entry of entries) {
    if (entry.isClosed) continue
    entry.isClosed = true
    await entry.opened.then(
      ({ source }) => source[Symbol.asyncDispose](),
      () => undefined,
    )
  }
}
