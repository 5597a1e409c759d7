import {
  BOOKMARK_TYPE,
  bytesLeftInPage,
  ENTRY_HEAD_BYTES,
  FormatError,
  PAGE_BYTES,
  PacketType,
  viewOf,
  walkRun,
} from '@datastreamer/format'
import type { CommitPoint } from '../log/commit-point.ts'
import { DamageError } from '../log/damage-error.ts'
import type { EntryRange } from '../log/entry-range.ts'
import { LostRanges } from './lost-ranges.ts'

/** What was found in the pages. */
export interface WalkCounts {
  readonly entries: bigint
  readonly bookmarks: bigint
  readonly paddingBytes: number
}

/** Finds operation boundaries from the entries, as `OperationBoundaries` of `@datastreamer/sequencer-entries` does. */
export interface Boundaries {
  /** The next entry: whether there may be a boundary before it, after it, or neither. */
  push(entry: { readonly type: number }): 'before' | 'after' | undefined
}

export interface PageWalkOptions {
  readonly file: string
  readonly from: CommitPoint
  /** Position up to which pages are walked. */
  readonly end: number
  /**
   * Number of the entry to stop before, if `end` is only the end of the file: what follows may be left over. Otherwise `end`
   * is where the header says that the log ends.
   */
  readonly endEntry?: bigint | undefined
  readonly boundaries?: Boundaries | undefined
}

/**
 * Walks the pages of a file, in order, entry by entry. After damage it resumes: after a wrong number at once, otherwise at the
 * next page, which must open with an entry.
 */
export class PageWalk {
  readonly #file: string
  readonly #end: number
  readonly #endEntry: bigint | undefined
  readonly #boundaries: Boundaries | undefined
  #damages: DamageError[] = []
  /** Number of the next entry; `undefined` if it is unknown. */
  #next: bigint | undefined
  /** Padding at the end of a page, until it is known whether entries should be there. */
  #padding: { readonly position: number; readonly bytes: number } | undefined
  readonly #lost = new LostRanges()
  /** End of the last entry that could be read. */
  #passed: CommitPoint
  #whole: CommitPoint
  #lastBoundary: CommitPoint
  #isWhole = true
  #checkedTo = 0
  #entries = 0n
  #bookmarks = 0n
  #paddingBytes = 0

  constructor({ file, from, end, endEntry, boundaries }: PageWalkOptions) {
    this.#file = file
    this.#end = end
    this.#endEntry = endEntry
    this.#next = from.totalEntries
    this.#boundaries = boundaries
    this.#whole = from
    this.#passed = from
    this.#lastBoundary = from
  }

  /** End of the last entry up to which everything is whole. */
  get whole(): CommitPoint {
    return this.#whole
  }

  /** Position up to which everything is whole, including the padding of pages that were checked. */
  get wholeTo(): number {
    return this.#isWhole ? Math.max(this.#checkedTo, this.#whole.totalLength) : this.#whole.totalLength
  }

  /** The last operation boundary before all damage. */
  get lastBoundary(): CommitPoint {
    return this.#lastBoundary
  }

  /** Number of the next entry, if it is known. */
  get next(): bigint | undefined {
    return this.#next
  }

  /**
   * The ranges in which entries cannot be read, each up to the start of a page.
   *
   * @param end where the last of them ends, if nothing that can be read follows
   */
  lost(end: CommitPoint): readonly EntryRange[] {
    return this.#lost.upTo(end)
  }

  get counts(): WalkCounts {
    return { entries: this.#entries, bookmarks: this.#bookmarks, paddingBytes: this.#paddingBytes }
  }

  /** Whether nothing is left to check. */
  get done(): boolean {
    return this.#endEntry !== undefined && this.#next !== undefined && this.#next >= this.#endEntry
  }

  /** Check a page, or as much of it as is before the end; returns the damage in it. */
  push(bytes: Uint8Array, position: number): readonly DamageError[] {
    this.#damages = []
    const view = viewOf(bytes)
    let at: number | undefined = this.#opens(view, position) ? 0 : undefined
    while (at !== undefined && at < bytes.length && !this.done) at = this.#step(view, at, position)
    this.#checkedTo = position + bytes.length
    return this.#damages
  }

  /** Check that a page opens with an entry: its number shows whether entries are missing before it. */
  #opens(view: DataView, position: number): boolean {
    if (this.done) return false
    if (bytesLeftInPage(position) < PAGE_BYTES || view.byteLength < ENTRY_HEAD_BYTES) return true
    const padding = this.#padding
    this.#padding = undefined
    const packet = view.getUint8(0)
    if (packet !== PacketType.entry) {
      const isPadding = packet === PacketType.padding
      const detail = isPadding ? 'padding' : `packet type ${packet}`
      this.#damage(
        isPadding ? 'PADDING' : 'BAD_PACKET',
        `${detail}, a page opens with an entry (2)`,
        position,
        this.#next,
      )
      this.#next = undefined
      return false
    }
    const found = view.getBigUint64(9)
    if (padding !== undefined) {
      this.#paddingBytes += padding.bytes
      if (this.#next !== undefined && found > this.#next) {
        const detail = `padding where entries ${this.#next} to ${found - 1n} should stand`
        this.#damage('PADDING', detail, padding.position, this.#next)
        this.#next = found
      }
    }
    this.#next ??= found
    this.#lost.end({ totalLength: position, totalEntries: found })
    return true
  }

  /** Walk on from an entry; returns where to go on in the page, if that is known. */
  #step(view: DataView, at: number, position: number): number | undefined {
    const number = this.#next ?? 0n
    try {
      const most = this.#endEntry === undefined ? Number.MAX_SAFE_INTEGER : Number(this.#endEntry - number)
      const run = walkRun(view, at, view.byteLength, number, most)
      this.#pass(view, at, run.end, run.count, position)
      if (run.stop === 'padding') this.#pad(position, run.end)
      else if (run.stop === 'incomplete') this.#incomplete(view, position, run.end)
      return undefined
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      return this.#broken(view, at, position, error)
    }
  }

  /** Count the entries before damage, and report it. */
  #broken(view: DataView, at: number, position: number, error: FormatError): number | undefined {
    const number = this.#next ?? 0n
    const stop =
      error.code === 'BAD_NUMBER' ? error.offset - 9 : error.code === 'BAD_LENGTH' ? error.offset - 1 : error.offset
    const { count } = walkRun(view, at, stop, number)
    this.#pass(view, at, stop, count, position)
    const entryNumber = number + BigInt(count)
    this.#report(DamageError.from(error, { file: this.#file, position, entryNumber }))
    if (error.code !== 'BAD_NUMBER') {
      this.#next = undefined
      return undefined
    }
    this.#next = view.getBigUint64(error.offset)
    return stop
  }

  #pass(view: DataView, from: number, to: number, count: number, position: number): void {
    this.#next ??= 0n
    for (let at = from; at < to; ) {
      const type = view.getUint32(at + 5)
      const end = at + view.getUint32(at + 1)
      if (type === BOOKMARK_TYPE) this.#bookmarks++
      this.#next++
      this.#passed = { totalLength: position + end, totalEntries: this.#next }
      if (this.#isWhole) this.#extend(this.#passed, type)
      at = end
    }
    this.#entries += BigInt(count)
  }

  /** One more entry is whole. */
  #extend(end: CommitPoint, type: number): void {
    const boundary = this.#boundaries?.push({ type })
    if (boundary === 'before') this.#lastBoundary = this.#whole
    this.#whole = end
    if (boundary === 'after') this.#lastBoundary = end
  }

  #pad(position: number, at: number): void {
    const start = position + at
    const left = bytesLeftInPage(start)
    if (start + left < this.#end) this.#padding = { position: start, bytes: left }
    else if (this.#endEntry === undefined) this.#damage('PADDING', 'padding before totalLength', start, this.#next)
  }

  #incomplete(view: DataView, position: number, at: number): void {
    const start = position + at
    const length = at + 5 <= view.byteLength ? view.getUint32(at + 1) : undefined
    const left = bytesLeftInPage(start)
    if (left < ENTRY_HEAD_BYTES || (length !== undefined && length > left)) {
      const detail =
        length === undefined ? `an entry of ${left} bytes` : `an entry of ${length} bytes, ${left} are left in the page`
      this.#damage('CROSSES_PAGE', detail, start, this.#next)
      this.#next = undefined
    } else if (this.#endEntry === undefined) {
      const detail = `totalLength ${this.#end} inside an entry${length === undefined ? '' : ` of ${length} bytes`}`
      this.#damage('LENGTH_NOT_AT_ENTRY_END', detail, start, this.#next)
    }
  }

  #damage(code: DamageError['code'], detail: string, position: number, entryNumber: bigint | undefined): void {
    this.#report(new DamageError(code, detail, { file: this.#file, position, entryNumber }))
  }

  #report(error: DamageError): void {
    this.#isWhole = false
    this.#lost.begin(this.#passed)
    this.#damages.push(error)
  }
}
