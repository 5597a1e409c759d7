import type { SequencerEntry } from './model.ts'
import type { SequenceSummary } from './sequence-finding.ts'

/** Counts what a sequence check sees. */
export class SequenceTally {
  readonly #counts = { entries: 0n, bookmarks: 0n, batches: 0n, blocks: 0n, transactions: 0n, gerUpdates: 0n }
  readonly #entries = new Range()
  readonly #batches = new Range()
  readonly #blocks = new Range()
  #findings = 0n

  add(entryNumber: bigint, entry: SequencerEntry | undefined): void {
    this.#counts.entries++
    this.#entries.add(entryNumber)
    switch (entry?.kind) {
      case 'bookmark':
        this.#counts.bookmarks++
        break
      case 'batchStart':
        this.#addBatch(entry.number)
        break
      case 'l2Block':
        this.#counts.blocks++
        this.#blocks.add(entry.number)
        this.#addBatch(entry.batchNumber)
        break
      case 'transaction':
        this.#counts.transactions++
        break
      case 'updateGer':
        this.#counts.gerUpdates++
        this.#addBatch(entry.batchNumber)
        break
    }
  }

  addFindings(count: number): void {
    this.#findings += BigInt(count)
  }

  summary(): SequenceSummary {
    return {
      ...this.#counts,
      firstEntry: this.#entries.first,
      lastEntry: this.#entries.last,
      firstBatch: this.#batches.first,
      lastBatch: this.#batches.last,
      firstBlock: this.#blocks.first,
      lastBlock: this.#blocks.last,
      findings: this.#findings,
    }
  }

  #addBatch(number: bigint): void {
    if (number === this.#batches.last) return
    this.#counts.batches++
    this.#batches.add(number)
  }
}

class Range {
  first: bigint | undefined
  last: bigint | undefined

  add(number: bigint): void {
    this.first ??= number
    this.last = number
  }
}
