import { ContentError } from '@datastreamer/e2store'
import { LocationError, type OpenedFile } from '@datastreamer/e2store/location'
import {
  openSidecar,
  type Sidecar,
  SidecarCache,
  type SidecarIdentity,
  StaleSidecarError,
} from '@datastreamer/e2store/sidecar'
import { hexOf } from '../trust/bytes.ts'
import { ERA_LENGTH } from '../trust/era.ts'
import type { FilePool } from './file-pool.ts'
import type { HistoryFile } from './history-file.ts'

interface Slot {
  readonly opening: Promise<{ readonly sidecar: Sidecar; readonly source: OpenedFile }>
  users: number
}

/**
 * Opens the sidecars of files when they are needed, and keeps those used last open. A sidecar is compared with the name and
 * the size of its data file when it is opened, and with the data file before the first candidates are given; one that is of
 * another file, or damaged, is not used any more.
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
   * The candidates that `find` gives of a sidecar; `undefined` if the file has none that can be used.
   *
   * @throws what opening the data file throws; {@link LocationError} if the location does not answer now
   */
  async candidates<T>(
    file: HistoryFile,
    find: (sidecar: Sidecar) => Promise<readonly T[] | undefined>,
  ): Promise<readonly T[] | undefined> {
    if (file.sidecar === undefined) return undefined
    const slot = this.#slot(file, file.sidecar)
    slot.users++
    try {
      const { sidecar } = await slot.opening
      const found = await find(sidecar)
      if (found !== undefined && found.length > 0) await this.#compare(file, sidecar)
      return found
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
    let source: OpenedFile | undefined
    try {
      source = await file.location.open(name, { ends: 'start' })
      const sidecar = await openSidecar(source, { cache: this.#cache })
      if (!fitsName(sidecar.identity, file)) await this.#compare(file, sidecar)
      return { sidecar, source }
    } catch (error) {
      this.#slots.delete(file)
      await source?.[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Compare a sidecar with its data file, once. @throws {StaleSidecarError} */
  async #compare(file: HistoryFile, sidecar: Sidecar): Promise<void> {
    if (file.isSidecarChecked) return
    await this.#pool.use(file, ({ archive }) => sidecar.checkFile(archive))
    file.isSidecarChecked = true
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

/** Whether a sidecar is that of a file, as far as the file's name and its size in the list tell. */
function fitsName(identity: SidecarIdentity, { parsed, size }: HistoryFile): boolean {
  const { kind, start, accumulator, lastHash } = identity
  const root = kind === 'era1' ? accumulator : lastHash
  const isSameId = root !== undefined && hexOf(root.subarray(0, 4)) === `0x${parsed.id}`
  const isSameFile = kind === parsed.kind && start === ERA_LENGTH * BigInt(parsed.era) && isSameId
  return isSameFile && (size === undefined || size === identity.size)
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
