import { ContentError } from '@datastreamer/e2store'
import type { ArchiveOptions, BlockArchive } from '@datastreamer/e2store/execution'
import type { OpenedFile } from '@datastreamer/e2store/location'
import type { HistoryFile } from './history-file.ts'
import { openArchive } from './open-file.ts'

/** An open file. */
export interface OpenFile {
  readonly file: HistoryFile
  readonly archive: BlockArchive
}

interface Slot {
  readonly opening: Promise<OpenFile & { readonly source: OpenedFile }>
  users: number
  /** Closed as soon as nobody uses it. */
  isDropped: boolean
}

export interface FilePoolOptions {
  /** Most files open at once, unless more are in use. */
  readonly maxOpen: number
  readonly archive: ArchiveOptions
  /** Called when a file was opened the first time and holds other blocks than its name says. */
  readonly onChanged: () => void
}

/** Opens files when they are needed and keeps those used last open. */
export class FilePool {
  readonly #options: FilePoolOptions
  /** In the order of their last use. */
  readonly #slots = new Map<HistoryFile, Slot>()

  constructor(options: FilePoolOptions) {
    this.#options = options
  }

  /**
   * Call `read` with an open file. A file whose content cannot be an archive is rejected for good.
   *
   * @throws what opening throws, or `read`
   */
  async use<T>(file: HistoryFile, read: (open: OpenFile) => Promise<T>): Promise<T> {
    const slot = this.#slot(file)
    slot.users++
    try {
      return await read(await slot.opening)
    } finally {
      slot.users--
      if (slot.isDropped && slot.users === 0) void close(slot)
      else this.#trim()
    }
  }

  /** Close a file as soon as nobody uses it; the next use opens it again. */
  drop(file: HistoryFile): void {
    const slot = this.#slots.get(file)
    if (slot === undefined) return
    this.#slots.delete(file)
    slot.isDropped = true
    if (slot.users === 0) void close(slot)
  }

  async close(): Promise<void> {
    const slots = [...this.#slots.values()]
    this.#slots.clear()
    await Promise.all(slots.map(close))
  }

  #slot(file: HistoryFile): Slot {
    let slot = this.#slots.get(file)
    this.#slots.delete(file)
    slot ??= { opening: this.#open(file), users: 0, isDropped: false }
    this.#slots.set(file, slot)
    return slot
  }

  async #open(file: HistoryFile): Promise<OpenFile & { readonly source: OpenedFile }> {
    let source: OpenedFile | undefined
    try {
      source = await file.location.open(file.name, { ends: 'both' })
      const archive = await openArchive(file, source, this.#options.archive)
      const { start, count, columns } = archive
      const changed = file.opened({
        ...{ from: start, to: start + BigInt(count) - 1n },
        holdsReceipts: columns.includes('receipts'),
        holdsProofs: archive.kind === 'e2hs' || columns.includes('proof'),
      })
      if (changed) this.#options.onChanged()
      return { file, archive, source }
    } catch (error) {
      this.#slots.delete(file)
      await source?.[Symbol.asyncDispose]()
      if (error instanceof ContentError) {
        file.reject(error)
        this.#options.onChanged()
      }
      throw error
    }
  }

  #trim(): void {
    let surplus = this.#slots.size - this.#options.maxOpen
    for (const [file, slot] of this.#slots) {
      if (surplus <= 0) return
      if (slot.users > 0) continue
      this.#slots.delete(file)
      surplus--
      void close(slot)
    }
  }
}

async function close(slot: Slot): Promise<void> {
  // What could not be opened is closed already.
  const opened = await slot.opening.catch(() => undefined)
  await opened?.source[Symbol.asyncDispose]()
}
