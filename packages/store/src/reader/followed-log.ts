import { BOOKMARK_TYPE, decodeEntry, type Header, PAGE_BYTES, walkRun } from '@datastreamer/format'
import type { Clock } from '@datastreamer/runtime'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { repairBookmarks } from '../bookmarks/repair.ts'
import type { DiskFile } from '../disk/disk.ts'
import { type CommitPoint, isBefore, samePoint } from '../log/commit-point.ts'
import { comparePage, type KnownPage, type PageChange } from '../log/compare-page.ts'
import { DamageError } from '../log/damage-error.ts'
import { type Ending, endingAt, endingOf, hasEnding } from '../log/ending.ts'
import { type PageBuffers, TAIL_PAGES } from '../log/page-buffers.ts'
import { readEnd } from '../log/read-end.ts'
import { readBytes } from '../log/run-reader.ts'
import type { StreamLog } from '../log/stream-log.ts'
import { type CommonStart, findCommonStart, knownPages, readFound } from './find-common-start.ts'
import type { PageTrail } from './page-trail.ts'
import { StableHeader } from './stable-header.ts'

export interface FollowedLogOptions {
  readonly file: DiskFile
  readonly path: string
  readonly log: StreamLog
  readonly index: BookmarkIndex
  readonly buffers: PageBuffers
  readonly trail: PageTrail
  readonly magic?: Uint8Array | undefined
  readonly clock: Clock
  /** What the file ended with when it was read into memory. */
  readonly ending: Ending
  /** Whether the log grows with the file; if not, it does so only after a truncation, up to where the file ends then. */
  readonly grows: boolean
  /** Whether data that does not match may be half written, and is to be read again. */
  readonly isPatient: () => boolean
}

/** An entry in memory that changed, its page, and what the file has there. */
interface Change extends PageChange {
  readonly page: KnownPage
  readonly found: Uint8Array
}

/** Milliseconds between two comparisons of all pages that are in memory. */
const CHANGES_MS = 1000

/**
 * A log whose file another process may write. Each poll moves its commit point as the file's header has moved, reads what is
 * new once for all readers, and truncates the log where the file is no longer what was known.
 * docs/spec/stream-file.md §4.
 */
export class FollowedLog {
  readonly #options: FollowedLogOptions
  #ending: Ending
  #mayGrow: boolean
  readonly #header: StableHeader
  #comparedAt: number

  constructor(options: FollowedLogOptions) {
    this.#options = options
    this.#header = new StableHeader(options)
    this.#ending = options.ending
    this.#mayGrow = options.grows
    this.#comparedAt = options.clock.now()
  }

  /**
   * Poll the file once.
   *
   * @returns whether the log agrees with the file now; if not, the file was being written
   * @throws {DamageError} if the file does not match its header, or is half written
   */
  async poll(): Promise<boolean> {
    const { file, log, grows } = this.#options
    const page = await this.#header.read()
    if (page === undefined) return false
    const { header, base } = page
    if (!samePoint(base, log.base)) this.#moveBase(base)
    const hasMoved = !samePoint(header, log.header)
    if (isBefore(header, log.header) || (hasMoved && !(await hasEnding(file, this.#ending))))
      await this.#truncateToCommon(header)
    if (this.#mayGrow && !samePoint(header, log.header) && !(await this.#advanceTo(header))) return false
    this.#mayGrow = grows
    const isDue = this.#options.clock.now() - this.#comparedAt >= CHANGES_MS
    return isDue || !(await hasEnding(file, this.#ending)) ? this.#takeChanges(header) : true
  }

  /** Truncate the log to where the file still agrees with it. */
  async #truncateToCommon(header: CommitPoint): Promise<void> {
    const { file, path, log, buffers, trail } = this.#options
    await readEnd(file, path, header, log.base)
    this.#mayGrow = true
    this.#truncateTo(await findCommonStart({ file, base: log.base, point: log.header, buffers, trail }, header))
  }

  #truncateTo({ point, last }: CommonStart): void {
    const { log, buffers, trail } = this.#options
    trail.forgetFrom(point.totalLength)
    log.truncate(point)
    // Readers may still hold the memory of the pages before.
    buffers.restart(point.totalLength, last)
    this.#ending = endingOf(point, last)
  }

  /** Read on to the file's commit point. @returns false if the file was truncated meanwhile */
  async #advanceTo(header: Header): Promise<boolean> {
    const { file, path, log, buffers } = this.#options
    let { last } = buffers
    let ending: Ending
    try {
      ending = await this.#readTo(header)
    } catch (error) {
      // What was read up to a header that is not a commit point must not stay.
      buffers.dropAfter(last)
      if (this.#options.isPatient()) throw error
      // The old end is still there, yet does not lead to the new one: nothing that is known can be trusted.
      const end = await readEnd(file, path, header, log.base)
      this.#truncateTo({ point: log.base, last: undefined })
      last = undefined
      buffers.restart(header.totalLength, end)
      ending = endingOf(header, end)
    }
    const again = await this.#header.read()
    const isSame = again !== undefined && !isBefore(again.header, header) && samePoint(again.base, log.base)
    if (!isSame || !(await hasEnding(file, this.#ending)) || !(await hasEnding(file, ending))) {
      buffers.dropAfter(last)
      return false
    }
    log.advance(header)
    this.#ending = ending
    return true
  }

  /**
   * Read what was committed since into memory, checking that it follows the end of the log.
   *
   * @returns what it ends with
   */
  async #readTo(header: CommitPoint): Promise<Ending> {
    const { file, path, log, buffers } = this.#options
    const from = log.header
    if (header.totalLength - from.totalLength > TAIL_PAGES * PAGE_BYTES) {
      const page = await readEnd(file, path, header, log.base)
      buffers.restart(header.totalLength, page)
      return endingOf(header, page)
    }
    let position = from.totalLength
    let number = from.totalEntries
    while (position < header.totalLength) {
      const page = buffers.holding(position) ?? buffers.open(position, Number(number))
      const end = Math.min(page.start + PAGE_BYTES, header.totalLength)
      const bytes = await readBytes(file, path, position, end - position)
      const run = walkRun(bytes, 0, bytes.length, number)
      page.bytes.set(bytes, position - page.start)
      number += BigInt(run.count)
      const stop = position + run.end
      // A truncation at the first entry of a page may leave the padding before it.
      if (end === page.start + PAGE_BYTES && (run.stop === 'padding' || end < header.totalLength))
        buffers.closeLast(stop)
      else if (run.stop !== 'end')
        throw new DamageError('LENGTH_NOT_AT_ENTRY_END', `totalLength ${end}`, { file: path, position: stop })
      position = page.start + PAGE_BYTES
    }
    if (number !== header.totalEntries) {
      const detail = `totalEntries ${header.totalEntries}, but the entries end before ${number}`
      throw new DamageError('ENTRIES_MISMATCH', detail, { file: path, position: header.totalLength })
    }
    buffers.forgetUpTo(header.totalLength, TAIL_PAGES)
    return endingAt(file, path, header, buffers, log.base)
  }

  /**
   * Apply updates in place to the pages in memory, or truncate the log where the change is a rewrite.
   *
   * @returns false if the file was being written
   */
  async #takeChanges(header: Header): Promise<boolean> {
    const { file, log, buffers } = this.#options
    const changes: Change[] = []
    for (const page of knownPages({ point: log.header, buffers })) {
      const found = await readFound(file, page, header.totalLength)
      for (const change of comparePage(page, found)) changes.push({ ...change, page, found })
    }
    const isSame = changes.length === 0 && (await hasEnding(file, this.#ending))
    const again = isSame ? { header, base: log.base } : await this.#header.read()
    if (again === undefined || isBefore(again.header, header) || !samePoint(again.base, log.base)) return false
    const hasMoved = !samePoint(header, again.header)
    // A busy writer commits while pages are read, which changes none of them.
    if (hasMoved && !(await hasEnding(file, this.#ending))) return false
    if (!isSame && isRewrite(changes, log.header)) {
      if (hasMoved) return false
      // Truncated, and rewritten up to the same position.
      await this.#truncateToCommon(header)
      if (!(await this.#advanceTo(header))) return false
      this.#mayGrow = this.#options.grows
    } else if (!isSame) await this.#update(changes)
    this.#comparedAt = this.#options.clock.now()
    return true
  }

  async #update(changes: readonly Change[]): Promise<void> {
    const { file, path, log, index, buffers, trail } = this.#options
    await log.change(async () => {
      for (const { page, found } of changes) {
        buffers.overwrite(page.start, found.subarray(0, page.bytes.length), undefined)
        trail.renew(page.start, found)
      }
    })
    this.#ending = await endingAt(file, path, log.header, buffers, log.base)
    const keys = changes.flatMap(({ page, found, offset }) =>
      [page.bytes, found].flatMap((in_) => bookmarkAt(in_, offset)),
    )
    // Until then, look-ups notice by themselves what is wrong in the index.
    if (keys.length > 0) void repairBookmarks(log, index, keys).catch(() => undefined)
  }

  /** The file begins later: what was before is gone, which may be all that was known. */
  #moveBase(base: CommitPoint): void {
    const { log, buffers, trail } = this.#options
    log.moveBase(base)
    trail.beginAt(log.base)
    buffers.forgetUpTo(base.totalLength, 0)
    if (this.#ending.position < base.totalLength) this.#ending = endingOf(base, undefined)
    if (isBefore(log.header, base)) log.advance(base)
  }
}

/**
 * Whether a file with the same commit point as before was rewritten: entries are at other positions, or the last one and
 * another one changed.
 */
function isRewrite(changes: readonly Change[], { totalEntries }: CommitPoint): boolean {
  const last = changes.at(-1)
  if (last === undefined || changes.some(({ fits }) => !fits)) return true
  return changes.length > 1 && BigInt(last.number) === totalEntries - 1n
}

/** The bookmark of the entry at a byte, if it is one. */
function bookmarkAt(bytes: Uint8Array, offset: number): readonly Uint8Array[] {
  const entry = decodeEntry(bytes, offset)
  return entry?.type === BOOKMARK_TYPE && entry.data.length >= 1 && entry.data.length <= 16 ? [entry.data] : []
}
