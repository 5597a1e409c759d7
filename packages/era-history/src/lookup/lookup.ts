import { ContentError } from '@datastreamer/e2store'
import { type BlockArchive, defaultHashes } from '@datastreamer/e2store/execution'
import type { BlockId } from '../blocks/history-block.ts'
import type { VerifiedBlock } from '../blocks/verified-block.ts'
import { HistoryError } from '../errors.ts'
import type { FileSet } from '../files/file-set.ts'
import type { HistoryFile } from '../files/history-file.ts'
import { KeptByFile } from '../files/kept.ts'
import { equalBytes, hexOf } from '../trust/bytes.ts'
import { Recent } from './recent.ts'
import { type BlockScan, scanBlocks, scanTransactions, type TransactionScan } from './scan-file.ts'

/** Where a transaction is. */
export interface TransactionPosition {
  readonly block: bigint
  readonly index: number
}

export interface LookupOptions {
  readonly files: FileSet
  readonly block: (number: bigint) => Promise<VerifiedBlock | undefined>
  /** Most bytes kept of scans. */
  readonly bytes: number
  /** Most bytes of files without sidecars that are read to find a hash. */
  readonly scanBytes: number
}

/** Files that are asked at once. */
const PARALLEL = 8
/** What the headers of a file take that has them in one place, at most. */
const HEADER_BYTES = 8_388_608
/** What a file is assumed to take whose size no list says. */
const UNKNOWN_BYTES = 67_108_864

type Wanted = 'blocks' | 'transactions'

/**
 * Finds blocks and transactions by their hashes, in the newest files first: by their sidecars, or else by scanning them.
 * What is found is compared with the verified block itself.
 */
export class Lookup {
  readonly #files: FileSet
  readonly #block: LookupOptions['block']
  readonly #blockScans: KeptByFile<BlockScan>
  readonly #transactionScans: KeptByFile<TransactionScan>
  readonly #scanBytes: number
  readonly #blocks = new Recent<bigint>()
  readonly #transactions = new Recent<TransactionPosition>()

  constructor({ files, block, bytes, scanBytes }: LookupOptions) {
    this.#scanBytes = scanBytes
    this.#files = files
    this.#block = block
    this.#blockScans = new KeptByFile(bytes / 4)
    this.#transactionScans = new KeptByFile(bytes)
  }

  /** A block was read: it will be asked for by its hash next. */
  remember({ hash, number }: BlockId): void {
    this.#blocks.put(hexOf(hash), number)
  }

  /**
   * The number of the block with this hash.
   *
   * @throws {HistoryError} `NO_INDEX`: it was not found, and files without sidecars are too large to be scanned
   */
  numberOf(hash: Uint8Array): Promise<bigint | undefined> {
    return this.#blocks.get(hexOf(hash), () =>
      this.#first('blocks', async (file) => {
        for (const number of await this.#blockCandidates(file, hash)) {
          const header = await this.#files.header(number)
          if (header !== undefined && equalBytes(header.hash, hash)) return number
        }
        return undefined
      }),
    )
  }

  /** Where the transaction with this hash is. Throws as {@link numberOf}. */
  transactionAt(hash: Uint8Array): Promise<TransactionPosition | undefined> {
    return this.#transactions.get(hexOf(hash), () =>
      this.#first('transactions', async (file) => {
        for (const { block, index } of await this.#transactionCandidates(file, hash)) {
          const envelope = (await this.#block(block))?.body.transactions[index]
          if (envelope && equalBytes(defaultHashes().keccak256(envelope), hash)) return { block, index }
        }
        return undefined
      }),
    )
  }

  /** Forget what is known of files. */
  forget(files: ReadonlySet<HistoryFile>): void {
    this.#blocks.clear()
    this.#transactions.clear()
    for (const file of files) {
      this.#blockScans.delete(file)
      this.#transactionScans.delete(file)
    }
  }

  /**
   * What `findIn` gives of the newest file that gives something.
   *
   * @throws {HistoryError} nothing was found, but a block that may be meant is not as it must be, or not all was searched
   */
  async #first<T>(wanted: Wanted, findIn: (file: HistoryFile) => Promise<T | undefined>): Promise<T | undefined> {
    const all = this.#files.catalog.newestFirst()
    let failure = this.#unscannable(wanted, all)
    const files = failure === undefined ? all : all.filter(({ sidecar }) => sidecar !== undefined)
    const find = async (file: HistoryFile): Promise<T | undefined> => {
      try {
        return await findIn(file)
      } catch (error) {
        if (!(error instanceof HistoryError)) throw error
        failure ??= error
        return undefined
      }
    }
    for (let i = 0; i < files.length; i += PARALLEL) {
      // Scans take much more than sidecars: then one at a time.
      const some = files.slice(i, i + PARALLEL)
      const isFast = some.every(({ sidecar }) => sidecar !== undefined)
      const found = isFast ? await Promise.all(some.map(find)) : await oneByOne(some, find)
      const first = found.find((each) => each !== undefined)
      if (first !== undefined) return first
    }
    if (failure !== undefined) throw failure
    return undefined
  }

  /** The error that files without sidecars are not searched, if they are too large for that. */
  #unscannable(wanted: Wanted, files: readonly HistoryFile[]): HistoryError | undefined {
    const unindexed = files.filter(({ sidecar }) => sidecar === undefined)
    const bytes = unindexed.reduce((sum, { size = UNKNOWN_BYTES, parsed }) => {
      const isColumn = wanted === 'blocks' && parsed.kind === 'ere'
      return sum + (isColumn ? Math.min(size, HEADER_BYTES) : size)
    }, 0)
    if (bytes <= this.#scanBytes) return undefined
    const what = `${unindexed.length} files without sidecar indexes`
    return new HistoryError('NO_INDEX', `a hash may be in ${what}, of which ${bytes} bytes would have to be read`)
  }

  async #blockCandidates(file: HistoryFile, hash: Uint8Array): Promise<readonly bigint[]> {
    const found = await this.#files.sidecars.candidates(file, (sidecar) => sidecar.blockCandidates(hash))
    if (found !== undefined) return found
    const scan = await this.#scan(file, this.#blockScans, scanBlocks)
    return (scan?.find(hash) ?? []).map((index) => file.from + BigInt(index))
  }

  async #transactionCandidates(file: HistoryFile, hash: Uint8Array): Promise<readonly TransactionPosition[]> {
    const found = await this.#files.sidecars.candidates(file, (sidecar) => sidecar.transactionCandidates(hash))
    if (found !== undefined) return found
    const scan = await this.#scan(file, this.#transactionScans, scanTransactions)
    return (scan?.find(hash) ?? []).map(({ block, index }) => ({ block: file.from + BigInt(block), index }))
  }

  /** `undefined` if the file cannot be used. */
  async #scan<T extends { readonly bytes: number }>(
    file: HistoryFile,
    kept: KeptByFile<T>,
    scan: (archive: BlockArchive) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await kept.get(file, () => this.#files.pool.use(file, ({ archive }) => scan(archive)))
    } catch (error) {
      if (error instanceof ContentError) return undefined
      throw error
    }
  }
}

async function oneByOne<T>(
  files: readonly HistoryFile[],
  find: (file: HistoryFile) => Promise<T | undefined>,
): Promise<(T | undefined)[]> {
  for (const file of files) {
    const found = await find(file)
    if (found !== undefined) return [found]
  }
  return []
}
