import { decodeEntry } from '@datastreamer/format'
import type { StreamWriter } from '@datastreamer/format/source'
import { type EntryRun, encodedEntries } from '../segment/entry-run.ts'

/** What an {@link OperationWriter} needs of a stream. */
export type OperationTarget = Pick<
  StreamWriter,
  'startAtomicOp' | 'addStreamEntry' | 'commitAtomicOp' | 'rollbackAtomicOp' | 'writable'
>

/** Writes the entries of an archive that a stream does not have yet, operation by operation. */
export class OperationWriter {
  readonly #target: OperationTarget
  #next: bigint
  #isOpen = false

  /** @param next number of the first entry that the stream does not have */
  constructor(target: OperationTarget, next: bigint) {
    this.#target = target
    this.#next = next
  }

  /** Whether entries are added that are not committed yet. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Number of the next entry. */
  get next(): bigint {
    return this.#next
  }

  /** Add the entries of a record, those that the stream has left out, and commit at its boundaries. */
  async write(run: Pick<EntryRun, 'bytes' | 'boundaries'>): Promise<void> {
    const boundaries = run.boundaries.values()
    let boundary = boundaries.next()
    let count = 0
    for (const bytes of encodedEntries(run)) {
      this.#add(bytes)
      count++
      if (boundary.value !== count) continue
      // One by one: in a group of commits only the last one's end would be an operation boundary of the stream.
      await this.commit()
      boundary = boundaries.next()
    }
    await this.#target.writable()
  }

  /** Commit what was added, if anything was. */
  async commit(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#target.commitAtomicOp()
  }

  /** Roll back what was not committed. */
  rollback(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#target.rollbackAtomicOp()
  }

  #add(bytes: Uint8Array): void {
    const entry = decodeEntry(bytes)
    if (entry === undefined || entry.number < this.#next) return
    if (!this.#isOpen) this.#target.startAtomicOp()
    this.#isOpen = true
    this.#target.addStreamEntry(entry.type, entry.data)
    this.#next++
  }
}
