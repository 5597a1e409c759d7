import type { Entry } from '@datastreamer/format'
import { decodeAs, entryKind } from './codec.ts'
import { AssemblyLimitError, SequenceError } from './errors.ts'
import type { FullL2Block, FullTransaction } from './full-block.ts'
import type { Generation } from './generation.ts'
import { GenerationDetector } from './generation-detector.ts'
import type { L2Block, SequencerEntry } from './model.ts'

/** Bounds of what an assembler holds in memory. */
export interface BlockLimits {
  /** Transactions of one block, by default 100,000. */
  readonly maxTransactionsPerBlock?: number | undefined
  /** Bytes of data of the entries that make one block (or one batch, for batches), by default 256 MiB. */
  readonly maxBytes?: number | undefined
}

export interface BlockAssemblerOptions extends BlockLimits {
  /** How the entries are encoded (default: detected by the first of them). */
  readonly generation?: Generation | undefined
}

const DEFAULT_MAX_TRANSACTIONS = 100_000
export const DEFAULT_MAX_BYTES: number = 256 * 1024 * 1024

interface OpenBlock {
  readonly block: L2Block
  readonly entryNumber: bigint
  readonly forkId: bigint | undefined
  readonly transactions: FullTransaction[]
  lastEntryNumber: bigint
  bytes: number
}

/**
 * Puts L2 blocks together from entries, pushed in order. A block comes out with its `L2BlockEnd`; one without an end
 * comes out with the next bookmark, batch start or end, GER update or block. Entries may begin anywhere: what belongs to
 * a block that began earlier is passed over. Copies what it keeps, so entries may borrow their memory.
 *
 * @see docs/spec/sequencer-entries.md §8
 */
export class BlockAssembler {
  readonly #detector: GenerationDetector
  /** Of the entry that was pushed last. */
  #generation: Generation = 'protobuf'
  readonly #maxTransactions: number
  readonly #maxBytes: number
  #next: bigint | undefined
  /** Whether an entry was seen that may not stand inside a block. */
  #synced = false
  #batch: { readonly number: bigint; readonly forkId: bigint } | undefined
  #open: OpenBlock | undefined

  constructor({
    generation,
    maxTransactionsPerBlock = DEFAULT_MAX_TRANSACTIONS,
    maxBytes = DEFAULT_MAX_BYTES,
  }: BlockAssemblerOptions = {}) {
    this.#detector = new GenerationDetector(generation)
    this.#maxTransactions = maxTransactionsPerBlock
    this.#maxBytes = maxBytes
  }

  /**
   * Take the next entry; gives the block that is complete with it, if one is.
   *
   * @throws {SequenceError} if it does not follow
   * @throws {AssemblyLimitError} if the open block grows beyond the limits
   * @throws {SequencerEntryError} if its data cannot be read
   */
  push(entry: Entry): FullL2Block | undefined {
    const { number } = entry
    if (this.#next !== undefined && number !== this.#next) {
      throw new SequenceError('ENTRY_GAP', `expected entry ${this.#next}`, number)
    }
    this.#next = number + 1n
    this.#generation = this.#detector.of(entry)
    const kind = entryKind(entry.type, this.#generation)
    switch (kind) {
      case 'unknown':
        return undefined
      case 'transaction':
        this.#addTransaction(entry)
        return undefined
      case 'l2BlockEnd':
        return this.#endBlock(entry)
      default: {
        const complete = this.end()
        this.#synced = true
        if (kind === 'l2Block') this.#openBlock(entry)
        else if (kind === 'batchStart') this.#batch = this.#decode(entry, kind)
        else if (kind === 'batchEnd') {
          this.#checkBatch(this.#decode(entry, kind).number, 'batch end', number)
          this.#batch = undefined
        }
        return complete
      }
    }
  }

  /** The block that is open, if the caller knows that the entries end between two operations: it is complete then. */
  end(): FullL2Block | undefined {
    const open = this.#open
    this.#open = undefined
    return open && full(open)
  }

  #openBlock(entry: Entry): void {
    const block = this.#decode({ ...entry, data: new Uint8Array(entry.data) }, 'l2Block')
    this.#checkBatch(block.batchNumber, `block ${block.number}`, entry.number)
    const forkId = block.forkId ?? this.#batch?.forkId
    this.#open = {
      block,
      entryNumber: entry.number,
      forkId,
      transactions: [],
      lastEntryNumber: entry.number,
      bytes: 0,
    }
    this.#grow(this.#open, entry)
  }

  #addTransaction(entry: Entry): void {
    const open = this.#open
    if (open === undefined) {
      this.#outside('transaction', entry)
      return
    }
    const { transactions, block } = open
    if (transactions.length >= this.#maxTransactions) {
      const message = `block ${block.number} has more than maxTransactionsPerBlock = ${this.#maxTransactions} transactions`
      throw new AssemblyLimitError('TOO_MANY_TRANSACTIONS', message, entry.number)
    }
    this.#grow(open, entry)
    const decoded = this.#decode({ ...entry, data: new Uint8Array(entry.data) }, 'transaction')
    const ordered = this.#generation === 'protobuf'
    if (ordered) checkBlock(decoded.l2blockNumber, block, 'transaction', entry.number)
    const { isValid, encoded, effectiveGasPricePercentage, imStateRoot } = decoded
    const index = ordered ? decoded.index : BigInt(transactions.length)
    transactions.push({ index, isValid, encoded, effectiveGasPricePercentage, imStateRoot })
  }

  #endBlock(entry: Entry): FullL2Block | undefined {
    const open = this.#open
    if (open === undefined) {
      this.#outside('block end', entry)
      this.#synced = true
      return undefined
    }
    const { number, hash, stateRoot } = this.#decode(entry, 'l2BlockEnd')
    checkBlock(number, open.block, 'block end', entry.number)
    open.lastEntryNumber = entry.number
    this.#open = undefined
    if (hash === undefined || stateRoot === undefined) return full(open)
    return { ...full(open), hash: new Uint8Array(hash), stateRoot: new Uint8Array(stateRoot) }
  }

  #decode<K extends SequencerEntry['kind']>(entry: Entry, kind: K): Extract<SequencerEntry, { kind: K }> {
    const decoded = decodeAs(entry, this.#generation)
    if (decoded.kind !== kind) throw new TypeError(`entry ${entry.number} is a ${decoded.kind}, expected a ${kind}`)
    return decoded as Extract<SequencerEntry, { kind: K }>
  }

  /** What stands outside a block belongs to one that began before our first entry, or is out of place. */
  #outside(what: string, entry: Entry): void {
    if (this.#synced) throw new SequenceError('OUTSIDE_BLOCK', `${what} with no block open`, entry.number)
  }

  #checkBatch(number: bigint, what: string, entryNumber: bigint): void {
    if (this.#batch === undefined || this.#batch.number === number) return
    throw new SequenceError('OTHER_BATCH', `${what} of batch ${number} inside batch ${this.#batch.number}`, entryNumber)
  }

  #grow(open: OpenBlock, entry: Entry): void {
    open.lastEntryNumber = entry.number
    open.bytes += entry.data.length
    if (open.bytes > this.#maxBytes) {
      const message = `block ${open.block.number} has more than maxBytes = ${this.#maxBytes} bytes of entry data`
      throw new AssemblyLimitError('TOO_LARGE', message, entry.number)
    }
  }
}

function checkBlock(number: bigint, block: L2Block, what: string, entryNumber: bigint): void {
  if (number === block.number) return
  throw new SequenceError('OTHER_BLOCK', `${what} of block ${number} inside block ${block.number}`, entryNumber)
}

function full({ block, entryNumber, lastEntryNumber, forkId, transactions }: OpenBlock): FullL2Block {
  return {
    entryNumber,
    lastEntryNumber,
    forkId,
    number: block.number,
    batchNumber: block.batchNumber,
    timestamp: block.timestamp,
    deltaTimestamp: block.deltaTimestamp,
    minTimestamp: block.minTimestamp,
    l1Blockhash: block.l1Blockhash,
    l1InfotreeIndex: block.l1InfotreeIndex,
    hash: block.hash,
    stateRoot: block.stateRoot,
    globalExitRoot: block.globalExitRoot,
    coinbase: block.coinbase,
    blockGasLimit: block.blockGasLimit,
    blockInfoRoot: block.blockInfoRoot,
    baseFee: block.baseFee,
    transactions,
  }
}
