import { decodeEntry, type Entry, pageOf, walkRun } from '@datastreamer/format'
import type { CommitPoint } from './commit-point.ts'
import { LentMemory } from './lent-memory.ts'
import type { LogChanges } from './log-changes.ts'
import type { LogRuns } from './log-runs.ts'
import type { PageDirectory } from './page-directory.ts'
import type { LogPosition, LogRun } from './run-reader.ts'

/** Bytes per read when an entry is searched in its page. The ends of the reads are remembered for the next search. */
const SEARCH_BYTES = 64 * 1024
/** Bytes that are read for one entry: most are smaller, others are read again, whole. */
const ENTRY_BYTES = 4 * 1024

export interface EntrySearchOptions {
  readonly directory: PageDirectory
  readonly runs: LogRuns
  readonly changes: LogChanges
  /** The current end of the log. */
  readonly endOf: () => CommitPoint
}

/** Where an entry is walked to. */
interface Walk {
  readonly page: number
  readonly end: CommitPoint
  readonly epoch: number
  /** Memory for what is read. */
  readonly into: Uint8Array
}

/** Finds entries, and where they begin. */
export class EntrySearch {
  readonly #directory: PageDirectory
  readonly #runs: LogRuns
  readonly #changes: LogChanges
  readonly #endOf: () => CommitPoint
  readonly #memory = new LentMemory(SEARCH_BYTES)
  readonly #entryMemory = new LentMemory(ENTRY_BYTES)

  constructor({ directory, runs, changes, endOf }: EntrySearchOptions) {
    this.#directory = directory
    this.#runs = runs
    this.#changes = changes
    this.#endOf = endOf
  }

  /**
   * The position of an entry, or the commit point; `undefined` if the number is past it, maybe after a truncation.
   *
   * @throws {RefusedError} `BEFORE_BASE`
   */
  async find(number: number): Promise<LogPosition | undefined> {
    for (;;) {
      const { epoch } = this.#changes
      const end = this.#endOf()
      if (number < 0 || number > Number(end.totalEntries)) return undefined
      this.#runs.mustHave(number)
      const here = this.findInMemory(number)
      if (here !== undefined) return here
      try {
        const page = await this.#directory.pageOfEntry(number, end)
        const position = await this.#memory.lend((into) => this.#walkTo(number, { page, end, epoch, into }))
        if (epoch === this.#changes.epoch) return { position, number }
      } catch (error) {
        // Damage that was found while the log changed, or in another history, does not count.
        await this.#runs.confirmed()
        if (epoch === this.#changes.epoch) throw error
      }
    }
  }

  /** An entry, its data a copy, or `undefined` if it is not committed. @throws {DamageError} @throws as {@link find} */
  async entry(number: number): Promise<Entry | undefined> {
    for (;;) {
      const { epoch } = this.#changes
      if (number >= Number(this.#endOf().totalEntries)) return undefined
      const from = await this.find(number)
      if (from === undefined) return undefined
      const entry = await this.#entryMemory.lend(async (into) => {
        const run = this.#runs.inMemory(from, this.#endOf()) ?? (await this.#runs.onDisk(from, this.#endOf, { into }))
        return run && copyOfFirst(run)
      })
      if (epoch === this.#changes.epoch && entry !== undefined) return entry
    }
  }

  /** The position of an entry, if it is in memory, or the commit point. */
  findInMemory(number: number): LogPosition | undefined {
    const end = this.#endOf()
    if (number === Number(end.totalEntries)) return { position: end.totalLength, number }
    const start =
      number < Number(end.totalEntries) && this.#runs.has(number) ? this.#directory.startInMemory(number) : undefined
    const run = start && this.#runs.inMemory(start, end)
    return run && { position: positionIn(run, number), number }
  }

  /** Walk to an entry of a page; the result is invalid if the log has changed since `epoch`. */
  async #walkTo(number: number, { page, end, epoch, into }: Walk): Promise<number> {
    let at = await this.#directory.positionBefore(number, page)
    while (at.number < number && epoch === this.#changes.epoch) {
      const run = await this.#runs.atOnce(at, end, into)
      if (run.next.number > number) return positionIn(run, number)
      at = run.next
      const isSame = epoch === this.#changes.epoch
      if (isSame && pageOf(at.position) === page) this.#directory.mark(page, at)
    }
    return at.position
  }
}

/** Byte offset of an entry of a run in the file. */
function positionIn({ bytes, position, number: first }: LogRun, number: number): number {
  return position + walkRun(bytes, 0, bytes.length, BigInt(first), number - first).end
}

function copyOfFirst({ bytes }: LogRun): Entry | undefined {
  const entry = decodeEntry(bytes)
  return entry && { ...entry, data: entry.data.slice() }
}
