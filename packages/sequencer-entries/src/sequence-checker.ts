import type { Entry } from '@datastreamer/format'
import { BookmarkChecker } from './bookmark-checker.ts'
import { decodeAs } from './codec.ts'
import { type EntryIterable, entriesOf } from './entry-iterable.ts'
import { SequencerEntryError } from './errors.ts'
import type { Generation } from './generation.ts'
import { GenerationDetector } from './generation-detector.ts'
import { toHex } from './hex.ts'
import type { BatchEnd, BatchStart, L2Block, L2BlockEnd, SequencerEntry, Transaction, UpdateGer } from './model.ts'
import type { SequenceFinding, SequenceFindingCode, SequenceSummary } from './sequence-finding.ts'
import { SequenceTally } from './sequence-tally.ts'

export interface SequenceCheckOptions {
  /** How the entries are encoded (default: detected by the first of them). */
  readonly generation?: Generation | undefined
}

/**
 * Checks, entry by entry, that a stream is in order. Entries may begin anywhere; what cannot be judged from there is
 * not. After a break the check goes on from what it found, so that each break is reported once. Memory is constant.
 *
 * @see docs/spec/sequencer-entries.md §10
 */
export class SequenceChecker {
  readonly #detector: GenerationDetector
  /** Of the entry that was pushed last. */
  #generation: Generation = 'protobuf'
  readonly #bookmarks: BookmarkChecker
  readonly #tally = new SequenceTally()
  #findings: SequenceFinding[] = []
  #entryNumber = 0n
  #nextEntry: bigint | undefined
  #nextBlock: bigint | undefined
  /** Number of the block that is open. */
  #block: bigint | undefined
  /** Number of the batch that is open. */
  #batch: bigint | undefined
  /** Number of the last batch that began. */
  #lastBatch: bigint | undefined
  #stateRoot: string | undefined
  /** Whether an entry was seen that may not stand inside a block. */
  #synced = false

  constructor({ generation }: SequenceCheckOptions = {}) {
    this.#detector = new GenerationDetector(generation)
    this.#bookmarks = new BookmarkChecker((expected, found) => this.#report('BOOKMARK', expected, found))
  }

  /** What was seen so far. */
  get summary(): SequenceSummary {
    return this.#tally.summary()
  }

  /** Take the next entry; gives what is wrong with it. */
  push(entry: Entry): readonly SequenceFinding[] {
    this.#findings = []
    this.#entryNumber = entry.number
    if (this.#nextEntry !== undefined && entry.number !== this.#nextEntry) {
      this.#report('ENTRY_NUMBER', `entry ${this.#nextEntry}`, `entry ${entry.number}`)
    }
    this.#nextEntry = entry.number + 1n
    this.#generation = this.#detector.of(entry)
    const decoded = this.#decode(entry)
    this.#tally.add(entry.number, decoded)
    if (decoded !== undefined) {
      this.#bookmarks.push(decoded, this.#generation)
      this.#check(decoded, entry.type)
    }
    return this.#done()
  }

  /** Take the end of the entries; gives what is missing there. */
  end(): readonly SequenceFinding[] {
    this.#findings = []
    this.#bookmarks.end()
    return this.#done()
  }

  #done(): readonly SequenceFinding[] {
    this.#tally.addFindings(this.#findings.length)
    return this.#findings
  }

  #decode(entry: Entry): SequencerEntry | undefined {
    try {
      return decodeAs(entry, this.#generation)
    } catch (error) {
      if (!(error instanceof SequencerEntryError)) throw error
      this.#report('UNREADABLE', `data of generation ${this.#generation}`, error.message)
      return undefined
    }
  }

  #check(decoded: SequencerEntry, type: number): void {
    switch (decoded.kind) {
      case 'unknown':
        this.#report('UNKNOWN_TYPE', `a type of generation ${this.#generation}`, `type ${type}`)
        return
      case 'transaction':
        this.#transaction(decoded)
        return
      case 'l2BlockEnd':
        this.#blockEnd(decoded)
        return
      default:
        this.#block = undefined
        this.#synced = true
        if (decoded.kind === 'batchStart') this.#batchStart(decoded)
        else if (decoded.kind === 'batchEnd') this.#batchEnd(decoded)
        else if (decoded.kind === 'l2Block') this.#l2Block(decoded)
        else if (decoded.kind === 'updateGer') this.#updateGer(decoded)
    }
  }

  #batchStart({ number }: BatchStart): void {
    if (this.#batch !== undefined)
      this.#report('BATCH_NUMBER', `end of batch ${this.#batch}`, `start of batch ${number}`)
    this.#nextBatch(number)
    this.#batch = number
  }

  #batchEnd({ number, stateRoot }: BatchEnd): void {
    const open = this.#batch
    this.#batch = undefined
    if (open === undefined ? this.#lastBatch !== undefined : open !== number) {
      this.#report('BATCH_END', open === undefined ? 'no batch end' : `end of batch ${open}`, `end of batch ${number}`)
    }
    this.#lastBatch ??= number
    const root = toHex(stateRoot)
    if (this.#stateRoot !== undefined && root !== this.#stateRoot) {
      this.#report('STATE_ROOT', `state root 0x${this.#stateRoot}`, `state root 0x${root}`)
    }
  }

  #l2Block({ number, batchNumber, stateRoot }: L2Block): void {
    if (this.#nextBlock !== undefined && number !== this.#nextBlock) {
      this.#report('BLOCK_NUMBER', `block ${this.#nextBlock}`, `block ${number}`)
    }
    this.#nextBlock = number + 1n
    this.#inBatch(batchNumber, `block ${number}`)
    this.#block = number
    if (this.#generation === 'protobuf') this.#stateRoot = toHex(stateRoot)
  }

  #updateGer({ batchNumber, stateRoot }: UpdateGer): void {
    this.#inBatch(batchNumber, 'GER update')
    this.#stateRoot = toHex(stateRoot)
  }

  #transaction({ l2blockNumber }: Transaction): void {
    const block = this.#block
    if (block === undefined) {
      if (this.#synced) this.#report('TRANSACTION', 'a block before its transactions', 'a transaction outside a block')
    } else if (this.#generation === 'protobuf' && l2blockNumber !== block) {
      this.#report('TRANSACTION', `transaction of block ${block}`, `transaction of block ${l2blockNumber}`)
    }
  }

  #blockEnd({ number }: L2BlockEnd): void {
    const open = this.#block
    this.#block = undefined
    if (open === undefined ? this.#synced : open !== number) {
      this.#report('BLOCK_END', open === undefined ? 'no block end' : `end of block ${open}`, `end of block ${number}`)
    }
    this.#synced = true
  }

  /** A block or GER update of this batch: inside it in protobuf, in it or opening the next one before. */
  #inBatch(number: bigint, what: string): void {
    if (this.#generation !== 'protobuf') {
      if (number !== this.#lastBatch) this.#nextBatch(number)
    } else if (this.#batch === undefined ? this.#lastBatch !== undefined : this.#batch !== number) {
      const expected = this.#batch === undefined ? 'a batch start' : `${what} of batch ${this.#batch}`
      this.#report('BATCH_OF_BLOCK', expected, `${what} of batch ${number}`)
    }
  }

  #nextBatch(number: bigint): void {
    const last = this.#lastBatch
    this.#lastBatch = number
    if (last === undefined) return
    // The oldest generation only has batches that have blocks.
    if (this.#generation === 'sequencer-2023-09' ? number > last : number === last + 1n) return
    this.#report('BATCH_NUMBER', `batch ${last + 1n}`, `batch ${number}`)
  }

  #report(code: SequenceFindingCode, expected: string, found: string): void {
    this.#findings.push({ code, entryNumber: this.#entryNumber, expected, found })
  }
}

/**
 * Check that a stream is in order: all findings as they come, and at the end what was seen.
 *
 * @see docs/spec/sequencer-entries.md §10
 */
export async function* checkSequence(
  entries: EntryIterable,
  options: SequenceCheckOptions = {},
): AsyncGenerator<SequenceFinding, SequenceSummary, void> {
  const checker = new SequenceChecker(options)
  for await (const item of entries) {
    for (const entry of entriesOf(item)) yield* checker.push(entry)
  }
  yield* checker.end()
  return checker.summary
}
