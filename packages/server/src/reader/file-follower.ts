import { type Header, PAGE_BYTES, pageOf, viewOf, walkRun } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import { DamageError } from '../errors.ts'
import { type CommitPoint, samePoint } from '../log/commit-point.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import { readBytes } from '../log/run-reader.ts'
import type { StreamLog } from '../log/stream-log.ts'
import { checkEnd } from '../store/check-end.ts'
import { loadEnd } from '../store/load-end.ts'
import { readHeader } from '../store/stream-file.ts'

export interface FileFollowerOptions {
  readonly file: DiskFile
  readonly path: string
  readonly log: StreamLog
  readonly buffers: PageBuffers
  /** Milliseconds between two looks at the header. */
  readonly pollMs: number
  readonly onError: (error: Error) => void
}

/** Pages that are kept in memory for readers. */
const TAIL_PAGES = 16
/** Looks at a header that does not fit before it counts as damage and not as one that is being written. */
const PATIENCE = 20

/**
 * Follows a file that another process writes: moves the log's commit point as the file's header moves, and reads what is
 * new once for all readers. docs/spec/stream-file.md §4.
 */
export class FileFollower {
  readonly #options: FileFollowerOptions
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #failures = 0

  constructor(options: FileFollowerOptions) {
    this.#options = options
    this.#timer = setTimeout(() => this.#tick(), options.pollMs)
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#looking
  }

  #tick(): void {
    this.#looking = this.#look()
      .then(() => {
        this.#failures = 0
      })
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        if (this.#timer !== undefined) this.#timer = setTimeout(() => this.#tick(), this.#options.pollMs)
      })
  }

  async #look(): Promise<void> {
    const { file, path, log } = this.#options
    const header = await this.#stableHeader()
    if (header === undefined || samePoint(header, log.header)) return
    if (header.totalEntries < log.header.totalEntries) {
      await checkEnd(file, path, header)
      await this.#jumpTo(header)
      return
    }
    await this.#readTo(header)
    log.advance(header)
  }

  /** The header, unless it changed while it was read. */
  async #stableHeader(): Promise<Header | undefined> {
    const { file, path } = this.#options
    const first = await readHeader(file, path, {})
    const second = await readHeader(file, path, {})
    return samePoint(first, second) ? second : undefined
  }

  /** Bring what was committed since into memory, checking that it goes on where the log ended. */
  async #readTo(header: CommitPoint): Promise<void> {
    const { file, path, log, buffers } = this.#options
    const from = log.header
    if (header.totalLength - from.totalLength > TAIL_PAGES * PAGE_BYTES) {
      await checkEnd(file, path, header)
      await loadEnd(file, path, header, buffers)
      return
    }
    let position = from.totalLength
    let number = from.totalEntries
    while (position < header.totalLength) {
      const page = buffers.holding(position) ?? buffers.open(position, Number(number))
      const end = Math.min(page.start + PAGE_BYTES, header.totalLength)
      const bytes = await readBytes(file, path, position, end - position)
      const run = walkRun(viewOf(bytes), 0, bytes.length, number)
      page.bytes.set(bytes, position - page.start)
      number += BigInt(run.count)
      const stop = position + run.end
      if (pageOf(header.totalLength - 1) > pageOf(position)) page.closedAt = stop
      else if (run.stop !== 'end')
        throw new DamageError('LENGTH_NOT_AT_ENTRY_END', `totalLength ${end}`, { file: path, position: stop })
      position = page.start + PAGE_BYTES
    }
    if (number !== header.totalEntries) {
      const detail = `totalEntries ${header.totalEntries}, but the entries end before ${number}`
      throw new DamageError('ENTRIES_MISMATCH', detail, { file: path, position: header.totalLength })
    }
    buffers.forgetUpTo(header.totalLength, TAIL_PAGES)
  }

  /** The writer truncated the file, or put another in its place. */
  async #jumpTo(point: CommitPoint): Promise<void> {
    const { file, path, log, buffers } = this.#options
    log.truncate(point)
    await loadEnd(file, path, point, buffers)
  }

  #fail(error: unknown): void {
    this.#failures++
    if (this.#failures === PATIENCE) this.#options.onError(error instanceof Error ? error : new Error(String(error)))
  }
}
