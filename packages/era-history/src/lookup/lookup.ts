import { ContentError } from '@datastreamer/e2store'
import { type BlockArchive, defaultHashes } from '@datastreamer/e2store/execution'
import type { VerifiedBlock } from '../blocks/verified-block.ts'
import type { FileSet } from '../files/file-set.ts'
import type { HistoryFile } from '../files/history-file.ts'
import { KeptByFile } from '../files/kept.ts'
import { equalBytes } from '../trust/bytes.ts'
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
}

/**
 * Finds blocks and transactions by their hashes: files are scanned, the newest first. What is found is compared with the
 * verified block itself.
 */
export class Lookup {
  readonly #files: FileSet
  readonly #block: LookupOptions['block']
  readonly #blockScans: KeptByFile<BlockScan>
  readonly #transactionScans: KeptByFile<TransactionScan>

  constructor({ files, block, bytes }: LookupOptions) {
    this.#files = files
    this.#block = block
    this.#blockScans = new KeptByFile(bytes / 4)
    this.#transactionScans = new KeptByFile(bytes)
  }

  async numberOf(hash: Uint8Array): Promise<bigint | undefined> {
    for (const file of this.#newestFirst()) {
      const scan = await this.#scan(file, this.#blockScans, scanBlocks)
      for (const index of scan?.find(hash) ?? []) {
        const number = file.from + BigInt(index)
        const header = await this.#files.header(number)
        if (header !== undefined && equalBytes(header.hash, hash)) return number
      }
    }
    return undefined
  }

  async transactionAt(hash: Uint8Array): Promise<TransactionPosition | undefined> {
    for (const file of this.#newestFirst()) {
      const scan = await this.#scan(file, this.#transactionScans, scanTransactions)
      for (const { block, index } of scan?.find(hash) ?? []) {
        const number = file.from + BigInt(block)
        const envelope = (await this.#block(number))?.body.transactions[index]
        if (envelope && equalBytes(defaultHashes().keccak256(envelope), hash)) return { block: number, index }
      }
    }
    return undefined
  }

  forget(file: HistoryFile): void {
    this.#blockScans.delete(file)
    this.#transactionScans.delete(file)
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

  #newestFirst(): HistoryFile[] {
    return this.#files.catalog.files
      .filter(({ status }) => status !== 'rejected')
      .sort((a, b) => (a.to > b.to ? -1 : 1))
  }
}
