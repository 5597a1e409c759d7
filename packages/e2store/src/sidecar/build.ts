import type { AbortLike } from '../abort.ts'
import type { BlockArchive } from '../execution/archive/archive.ts'
import { type BlockPayloads, checkNumber, headerRlpOf } from '../execution/archive/block.ts'
import { visitPayloads } from '../execution/archive/visit.ts'
import { splitBody } from '../execution/blocks/body.ts'
import { checksumOf, type IncrementalHash } from '../execution/checksums.ts'
import { defaultHashes, type Hashes } from '../hash/hashes.ts'
import { fromHex } from '../io/bytes.ts'
import { encodeSidecar } from './encode.ts'
import { HashList, ValueList } from './hash-list.ts'
import { packHashes } from './hash-part.ts'
import type { SidecarIdentity } from './header.ts'
import { packLogs } from './log-part.ts'
import { lastHashOf } from './same-file.ts'
import { scanLogs } from './scan-logs.ts'
import { type ValueHash, valueHash } from './value-hash.ts'

export interface BuildSidecarOptions {
  /** A fresh SHA-256 (default: portable; `createHash('sha256')` of `node:crypto` is faster). */
  readonly sha256?: IncrementalHash
  readonly hashes?: Hashes
  readonly signal?: AbortLike
  /** Called after each few blocks. */
  readonly onProgress?: (progress: { readonly blocks: number; readonly totalBlocks: number }) => void
}

/**
 * The bytes of the sidecar of a data file, which is read twice: once for its checksum. The same file always gives the
 * same bytes. What the file says is indexed as it is: whether it is true shows `verifyArchive`.
 *
 * Holds some 16 bytes a transaction, 16 for each pair of a block and a value in its logs, and the result.
 *
 * @throws {E2FormatError} the data file is malformed
 * @throws {VerificationError} `WRONG_NUMBER`: its index points at other blocks
 * @throws {LimitError} very many transactions have the same hash
 * @see docs/spec/e2store-sidecar.md
 */
export async function buildSidecar(archive: BlockArchive, options: BuildSidecarOptions = {}): Promise<Uint8Array> {
  const { signal, onProgress, hashes = defaultHashes() } = options
  const { kind, start, count, accumulator, columns, source } = archive
  const lastHash = await lastHashOf(archive)
  const sha256 = fromHex(await checksumOf(source, options.sha256))
  const collector = new Collector(archive, valueHash(lastHash), hashes)
  await visitPayloads(archive, {
    columns: ['header', 'body', 'receipts'],
    visit: (blocks) => {
      signal?.throwIfAborted()
      for (const block of blocks) collector.add(block)
      onProgress?.({ blocks: collector.blocks.length, totalBlocks: count })
    },
  })
  const identity: SidecarIdentity = {
    ...{ kind, start, count, size: source.size, lastHash, sha256 },
    ...(accumulator && { accumulator }),
  }
  const { part: logs, hot } = packLogs(collector.values, count, source.size)
  return encodeSidecar({
    ...{ identity, hasLogs: columns.includes('receipts'), hot },
    blocks: packHashes(collector.blocks, new Array<number>(count).fill(1)),
    transactions: packHashes(collector.transactions, collector.counts),
    logs,
  })
}

/** Collects what is indexed, block by block. */
class Collector {
  readonly blocks = new HashList()
  readonly transactions = new HashList()
  /** Transactions of each block. */
  readonly counts: number[] = []
  readonly values = new ValueList()
  readonly #archive: BlockArchive
  readonly #valueHash: ValueHash
  readonly #hashes: Hashes

  constructor(archive: BlockArchive, hash: ValueHash, hashes: Hashes) {
    this.#archive = archive
    this.#valueHash = hash
    this.#hashes = hashes
  }

  add({ number, header, body, receipts, positions }: BlockPayloads): void {
    const block = this.blocks.length
    const headerRlp = headerRlpOf(this.#archive.kind, header ?? NONE, positions.header)
    checkNumber(headerRlp, number, positions.header ?? 0)
    this.blocks.add(this.#hashes.keccak256(headerRlp))
    const { transactions } = splitBody(body ?? NONE, { what: 'body', position: positions.body ?? 0 })
    this.counts.push(transactions.length)
    this.#addTransactions(transactions)
    if (receipts === undefined) return
    scanLogs(receipts, { what: 'receipts', position: positions.receipts ?? 0 }, (bytes, from, length, field) => {
      this.values.add(this.#valueHash(bytes, from, length, field), block)
    })
  }

  #addTransactions(transactions: readonly Uint8Array[]): void {
    const { keccak256, keccak256Pair } = this.#hashes
    let i = 0
    for (; keccak256Pair !== undefined && i + 1 < transactions.length; i += 2) {
      for (const hash of keccak256Pair(transactions[i] ?? NONE, transactions[i + 1] ?? NONE))
        this.transactions.add(hash)
    }
    for (; i < transactions.length; i++) this.transactions.add(keccak256(transactions[i] ?? NONE))
  }
}

const NONE = new Uint8Array(0)
