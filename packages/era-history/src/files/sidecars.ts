import { ContentError } from '@datastreamer/e2store'
import { LocationError, type OpenedFile } from '@datastreamer/e2store/location'
import { openSidecar, type Sidecar, SidecarCache, StaleSidecarError } from '@datastreamer/e2store/sidecar'
import type { FilePool } from './file-pool.ts'
import type { HistoryFile } from './history-file.ts'

interface Slot {
  readonly opening: Promise<{ readonly sidecar: Sidecar; readonly source: OpenedFile }>
  users: number
}

/**
 * Opens the sidecars of files when they are needed, and keeps those used last open. The first time, a sidecar is compared
 * with its data file; one that is of another file, or damaged, is not used any more.
 */
export class Sidecars {
  readonly #pool: FilePool
  readonly #maxOpen: number
  readonly #cache: SidecarCache
  readonly #slots = new Map<HistoryFile, Slot>()

  /** @param cacheBytes most bytes kept of what was read of them */
  constructor(pool: FilePool, maxOpen: number, cacheBytes: number) {
    this.#pool = pool
    this.#maxOpen = maxOpen
    this.#cache = new SidecarCache(cacheBytes)
  }

  /**
   * What `read` gives of a sidecar; `undefined` if the file has none that can be used.
   *
   * @throws what opening the data file throws; {@link LocationError} if the location does not answer now
   */
  async use<T>(file: HistoryFile, read: (sidecar: Sidecar) => Promise<T>): Promise<T | undefined> {
    if (file.sidecar === undefined) return undefined
    const slot = this.#slot(file, file.sidecar)
    slot.users++
    try {
      return await read((await slot.opening).sidecar)
    } catch (error) {
      if (!isUnusable(error)) throw error
      file.rejectSidecar(error)
      this.#slots.delete(file)
      return undefined
    } finally {
      slot.users--
      if (this.#slots.get(file) === slot) this.#trim()
      else if (slot.users === 0) void close(slot)
    }
  }

  /** Close a sidecar as soon as nobody uses it. */
  drop(file: HistoryFile): void {
    const slot = this.#slots.get(file)
    this.#slots.delete(file)
    if (slot?.users === 0) void close(slot)
  }

  async close(): Promise<void> {
    const slots = [...this.#slots.values()]
    this.#slots.clear()
    await Promise.all(slots.map(close))
  }

  #slot(file: HistoryFile, name: string): Slot {
    let slot = this.#slots.get(file)
    this.#slots.delete(file)
    slot ??= { opening: this.#open(file, name), users: 0 }
    this.#slots.set(file, slot)
    return slot
  }

  async #open(file: HistoryFile, name: string): Promise<{ readonly sidecar: Sidecar; readonly source: OpenedFile }> {
    // Asked for at the same time as the data file.
    const opening = file.location.open(name, { ends: 'start' })
    const opened = opening.catch(() => undefined)
    try {
      const cache = this.#cache
      if (file.isSidecarChecked) return { sidecar: await openSidecar(await opening, { cache }), source: await opening }
      const sidecar = await this.#pool.use(file, async ({ archive }) => openSidecar(await opening, { cache, archive }))
      file.isSidecarChecked = true
      return { sidecar, source: await opening }
    } catch (error) {
      this.#slots.delete(file)
      await (await opened)?.[Symbol.asyncDispose]()
      throw error
    }
  }

  #trim(): void {
    let surplus = this.#slots.size - this.#maxOpen
    for (const [file, slot] of this.#slots) {
      if (surplus <= 0) return
      if (slot.users > 0) continue
      this.#slots.delete(file)
      surplus--
      void close(slot)
    }
  }
}

function isUnusable(error: unknown): error is Error {
  if (error instanceof ContentError || error instanceof StaleSidecarError) return true
  return error instanceof LocationError && !error.retryable
}

async function close(slot: Slot): Promise<void> {
  // What could not be opened is closed already.
  const opened = await slot.opening.catch(() => undefined)
  await opened?.source[Symbol.asyncDispose]()
}
