import type { Location } from '@datastreamer/e2store/location'
import { BlockCache } from './blocks/block-cache.ts'
import type { BlockId, HistoryBlock } from './blocks/history-block.ts'
import { readBlock } from './blocks/read-block.ts'
import type { VerifiedBlock } from './blocks/verified-block.ts'
import { HistoryError } from './errors.ts'
import type { Run } from './files/catalog.ts'
import { FileSet } from './files/file-set.ts'
import type { FileState, HistoryFile } from './files/history-file.ts'
import { learnAccumulators } from './files/learn-accumulators.ts'
import { listArchives } from './files/list-files.ts'
import type { BlockLogs, LogFilter, SearchOptions, Whereabouts } from './history.ts'
import type { HistoryOptions, OpenHistory } from './history-options.ts'
import { Lookup } from './lookup/lookup.ts'
import { candidates } from './search/candidates.ts'
import { LogReader } from './search/log-reader.ts'
import { Pace } from './search/pace.ts'
import { type Candidate, searchLogs } from './search/search-logs.ts'
import { RecoveryThreads } from './senders/threads.ts'
import { builtInRoots } from './trust/built-in-roots.ts'
import { knownLists } from './trust/known-lists.ts'
import type { TrustedRoots, TrustMode } from './trust/trust.ts'

const MIB = 1_048_576
/** Reads of all searches at a time. */
const SEARCH_READS = 8

/** A history over files of locations. */
export class FileHistory implements OpenHistory {
  readonly #locations: readonly Location[]
  readonly #trust: TrustMode
  readonly #roots: TrustedRoots
  readonly #files: FileSet
  readonly #blocks: BlockCache
  readonly #threads: RecoveryThreads | undefined
  readonly #lookup: Lookup
  readonly #pace = new Pace(SEARCH_READS)
  #network: string | undefined
  #head: BlockId | undefined
  #refreshing: Promise<boolean> | undefined
  #isClosed = false

  static async open(locations: readonly Location[], options: HistoryOptions): Promise<FileHistory> {
    const history = new FileHistory(locations, options)
    try {
      await history.refresh(options.signal && { signal: options.signal })
    } catch (error) {
      await history[Symbol.asyncDispose]()
      throw error
    }
    return history
  }

  private constructor(locations: readonly Location[], options: HistoryOptions) {
    const { trust = 'roots', maxOpenFiles = 128 } = options
    const archive = { keptBytes: 0, ...options.archive }
    this.#roots = { ...builtInRoots, ...options.trustedRoots }
    this.#trust = trust
    const { blockBytes = 24 * MIB, headerBytes = 24 * MIB, lookupBytes = 64 * MIB, sidecarBytes = 16 * MIB } = options
    const { scanBytes = 1024 * MIB } = options
    this.#locations = locations
    const onContradicted = (): void => {
      this.#blocks.clear()
      this.#lookup.forget(new Set())
    }
    const limits = { maxOpenFiles, headerBytes, sidecarBytes, archive }
    this.#files = new FileSet({ trust, roots: this.#roots, ...limits, onContradicted })
    this.#blocks = new BlockCache(blockBytes)
    this.#threads = options.threads === 0 ? undefined : new RecoveryThreads(options.threads)
    this.#lookup = new Lookup({
      files: this.#files,
      block: (number) => this.#block(number),
      bytes: lookupBytes,
      scanBytes,
    })
    this.#network = options.network
  }

  get network(): string | undefined {
    return this.#network
  }

  get head(): BlockId | undefined {
    return this.#head
  }

  get earliest(): bigint | undefined {
    return this.runs[0]?.from
  }

  get runs(): readonly Run[] {
    return this.#files.catalog.runs
  }

  get files(): readonly FileState[] {
    const { catalog } = this.#files
    return catalog.files.map((file) => file.state(catalog.isDouble(file)))
  }

  find(number: bigint): Whereabouts {
    if (this.#files.catalog.runOf(number) !== undefined) return 'held'
    const last = this.runs.at(-1)
    return last === undefined || number > last.to ? 'above' : 'absent'
  }

  holdsReceipts(number: bigint, to: bigint = number): boolean {
    for (let next = number; next <= to; ) {
      const file = this.#files.catalog.holding(next).find(({ holdsReceipts }) => holdsReceipts)
      if (file === undefined) return false
      next = file.to + 1n
    }
    return true
  }

  block(number: bigint): Promise<HistoryBlock | undefined> {
    return this.#block(number)
  }

  numberOf(hash: Uint8Array): Promise<bigint | undefined> {
    this.#checkOpen()
    return this.#lookup.numberOf(hash)
  }

  transactionAt(hash: Uint8Array): Promise<{ readonly block: bigint; readonly index: number } | undefined> {
    this.#checkOpen()
    return this.#lookup.transactionAt(hash)
  }

  logs(filter: LogFilter, options: SearchOptions = {}): AsyncIterable<BlockLogs> {
    this.#checkOpen()
    const run = this.#files.catalog.runOf(filter.from)
    if (filter.from <= filter.to && (run === undefined || run.to < filter.to)) {
      throw new HistoryError('NOT_HELD', `blocks ${filter.from} to ${filter.to} are not all held`)
    }
    const pace = this.#pace
    const source = { files: this.#files, pace }
    const reader = new LogReader({
      ...{ ...source, network: this.#network, threads: this.#threads },
      kept: (number) => {
        this.#checkOpen()
        return this.#blocks.peek(number)
      },
    })
    const from = (signal: AbortSignal): AsyncIterable<Candidate> => candidates({ ...source, signal }, filter)
    return searchLogs({ candidates: from, reader, pace }, filter, options)
  }

  refresh({ signal }: { readonly signal?: AbortSignal } = {}): Promise<boolean> {
    this.#checkOpen()
    this.#refreshing ??= this.#refresh(signal).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#threads?.[Symbol.dispose]()
    this.#blocks.clear()
    await this.#files.close()
  }

  async #block(number: bigint): Promise<VerifiedBlock | undefined> {
    this.#checkOpen()
    const reader = { files: this.#files, network: this.#network, threads: this.#threads }
    return this.#blocks.get(number, async () => {
      const block = await this.#files.read(number, (open) => readBlock(open, number, reader))
      if (block !== undefined) this.#lookup.remember(block)
      return block
    })
  }

  async #refresh(signal: AbortSignal | undefined): Promise<boolean> {
    const { network, files } = await listArchives(this.#locations, this.#network, signal)
    this.#network = network
    this.#files.verifier.useLists(await knownLists(network))
    const isChanged = this.#update(files)
    await this.#files.settle(signal)
    const list = this.#trust === 'require' && isChanged ? this.#roots.accumulators?.(network) : undefined
    const accumulators = list && (await learnAccumulators(this.#files, list, signal))
    if (accumulators) this.#files.verifier.trustAccumulators(accumulators)
    this.#head = await this.#findHead(signal)
    return isChanged
  }

  /** Replace what is known of files by a new list; those that are as before stay as they are. */
  #update(listed: readonly HistoryFile[]): boolean {
    const { catalog } = this.#files
    const known = new Map(catalog.files.map((file) => [keyOf(file), file]))
    const added = listed.filter((file) => !known.delete(keyOf(file)))
    const removed = new Set(known.values())
    if (removed.size > 0) {
      this.#blocks.clear()
      this.#lookup.forget(removed)
      this.#files.remove(removed)
    }
    if (added.length > 0) catalog.add(added)
    return added.length > 0 || removed.size > 0
  }

  /** The last block of the last run. A file that turns out to be wrong ends that run earlier. */
  async #findHead(signal: AbortSignal | undefined): Promise<BlockId | undefined> {
    for (;;) {
      signal?.throwIfAborted()
      const last = this.runs.at(-1)
      if (last === undefined) return undefined
      try {
        const header = await this.#files.header(last.to)
        if (header !== undefined) return { number: header.number, hash: header.hash }
      } catch (error) {
        if (!(error instanceof HistoryError)) throw error
        // Its last block alone is wrong: what would be the head otherwise?
        if (this.runs.at(-1)?.to === last.to) this.#files.rejectHolders(last.to, error)
      }
      await this.#files.settle(signal)
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new HistoryError('CLOSED', 'the history is closed')
  }
}

function keyOf({ location, name, size, sidecar }: HistoryFile): string {
  return [location.name, name, size, sidecar !== undefined].join('\n')
}
