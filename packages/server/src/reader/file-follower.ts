import { HEADER_PAGE_BYTES, type Header, PAGE_BYTES, pageOf, viewOf, walkRun } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import { DamageError, DiskError } from '../errors.ts'
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
  readonly magic?: Uint8Array | undefined
  /** Told when the file does not fit its header any more, and with `undefined` when it does again. */
  readonly onProblem: (problem: Error | undefined) => void
}

/** Pages that are kept in memory for readers. */
const TAIL_PAGES = 16
/** Looks at a header that does not fit before it counts as damage and not as one that is being written. */
export const PATIENCE = 20
/** Bytes before the end of what is known that are read again, to see that the writer did not change them. */
const OVERLAP_BYTES = 4096
/** Milliseconds between two looks at whether the file still is the one of that name. */
const PLACE_MS = 1000
/** Milliseconds between two looks for what the writer changed in place, which reads all pages that are in memory. */
const UPDATES_MS = 1000

/**
 * Follows a file that another process writes: moves the log's commit point as the file's header moves, and reads what is
 * new once for all readers. docs/spec/stream-file.md §4.
 */
export class FileFollower {
  readonly #options: FileFollowerOptions
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #failures = 0
  #placeSeenAt = performance.now()
  #updatesSeenAt = performance.now()

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
      .then(() => this.#succeed())
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        if (this.#timer !== undefined) this.#timer = setTimeout(() => this.#tick(), this.#options.pollMs)
      })
  }

  async #look(): Promise<void> {
    const { file, path, log } = this.#options
    await this.#checkPlace()
    const header = await this.#stableHeader()
    if (header === undefined) return
    if (header.totalEntries < log.header.totalEntries) {
      await checkEnd(file, path, header)
      await this.#jumpTo(header)
    } else if (!samePoint(header, log.header)) {
      await this.#catchUp(header)
      log.advance(header)
    }
    await this.#takeUpdates(header)
  }

  /** Bring what the writer changed in place into the pages in memory. */
  async #takeUpdates(header: CommitPoint): Promise<void> {
    const { file, path, log, buffers, magic } = this.#options
    if (performance.now() - this.#updatesSeenAt < UPDATES_MS) return
    const updates: { readonly position: number; readonly bytes: Uint8Array }[] = []
    for (const { start, bytes, closedAt } of buffers.all) {
      const end = Math.min(closedAt ?? header.totalLength, start + PAGE_BYTES)
      const found = await readBytes(file, path, start, end - start)
      if (!equal(found, bytes.subarray(0, found.length))) updates.push({ position: start, bytes: found })
    }
    // What was truncated and written anew is no update, and must still be found to differ from what is in memory.
    if (updates.length > 0 && !samePoint(header, await readHeader(file, path, { magic }))) return
    this.#updatesSeenAt = performance.now()
    if (updates.length === 0) return
    await log.change(async () => {
      for (const { position, bytes } of updates) buffers.overwrite(position, bytes, undefined)
    })
  }

  /** Read on, or over from the start where that has no sense. */
  async #catchUp(header: CommitPoint): Promise<void> {
    const { last } = this.#options.buffers
    if (await this.#goesOn()) {
      try {
        await this.#readTo(header)
        return
      } catch (error) {
        // What was read up to a header that is no commit point must not stay.
        this.#options.buffers.cutBehind(last)
        if (this.#failures < PATIENCE) throw error
      }
    }
    await this.#startOver(header)
  }

  /** @throws {DiskError} `FILE_REPLACED` */
  async #checkPlace(): Promise<void> {
    const { file, path } = this.#options
    if (performance.now() - this.#placeSeenAt < PLACE_MS) return
    // As long as it fails it is looked at each time, so that it counts as a problem.
    if (!(await file.isAt(path))) throw new DiskError('FILE_REPLACED', `${path} is not the file that was opened`)
    this.#placeSeenAt = performance.now()
  }

  /** Whether the file still ends as it did where it ended, as far as that is in memory. */
  async #goesOn(): Promise<boolean> {
    const { file, path, log, buffers } = this.#options
    const { totalLength: end } = log.header
    const page = buffers.holding(end - 1)
    if (page === undefined) return true
    const from = Math.max(page.start, end - OVERLAP_BYTES)
    const found = await readBytes(file, path, from, end - from)
    return equal(found, page.bytes.subarray(from - page.start, end - page.start))
  }

  /** The file is whole, but does not go on where it ended: it was cut and written anew. Nobody may read on in it. */
  async #startOver(header: CommitPoint): Promise<void> {
    const { file, path, log, buffers } = this.#options
    await checkEnd(file, path, header)
    log.truncate({ totalLength: HEADER_PAGE_BYTES, totalEntries: 0n })
    await loadEnd(file, path, header, buffers)
  }

  /** The header, unless it changed while it was read. */
  async #stableHeader(): Promise<Header | undefined> {
    const { file, path, magic } = this.#options
    const first = await readHeader(file, path, { magic })
    const second = await readHeader(file, path, { magic })
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

  #succeed(): void {
    if (this.#failures >= PATIENCE) this.#options.onProblem(undefined)
    this.#failures = 0
  }

  #fail(error: unknown): void {
    this.#failures++
    if (this.#failures === PATIENCE) this.#options.onProblem(error instanceof Error ? error : new Error(String(error)))
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
