import {
  type ArchiveKind,
  type BlockBody,
  type BlockHeader,
  checkContents,
  decodeBody,
  defaultHashes,
  type Receipt,
  RlpReader,
} from '@datastreamer/e2store/execution'
import type { VerifiedHeader } from '../files/verifier.ts'
import { deriveReceipts } from '../receipts/derive.ts'
import type { TransactionReceipt } from '../receipts/receipt.ts'
import { recoverSenders } from '../senders/senders.ts'
import type { RecoveryThreads } from '../senders/threads.ts'
import { decodeTransaction } from '../transactions/decode.ts'
import type { Transaction } from '../transactions/transaction.ts'
import type { TrustLevel } from '../trust/trust.ts'
import type { HistoryBlock } from './history-block.ts'
import { once } from './once.ts'

/** The body of a block as it was read, and how to read the rest. */
export interface BlockContent {
  readonly kind: ArchiveKind
  readonly body: Uint8Array
  /** Of the body's record in the file. */
  readonly position: number
  /** Reads the receipts, and compares them with the header and the number of transactions; `undefined` if none are held. */
  readonly loadReceipts: (transactions: number) => Promise<readonly Receipt[] | undefined>
  /** Bytes that are held already for {@link loadReceipts}. */
  readonly receiptBytes: number
}

export interface BlockContext {
  readonly network: string | undefined
  readonly threads: RecoveryThreads | undefined
}

/** Bytes that a block takes without transactions, roughly: many small views of its header. */
const BLOCK_BYTES = 4096
/** Bytes that a decoded transaction takes with its sender and receipt, roughly. */
const TRANSACTION_BYTES = 4608

/** A block that was read and verified. */
export class VerifiedBlock implements HistoryBlock {
  readonly number: bigint
  readonly hash: Uint8Array
  readonly header: BlockHeader
  readonly headerRlp: Uint8Array
  readonly totalDifficulty?: bigint
  readonly trust: TrustLevel
  readonly body: BlockBody
  readonly size: number
  /** Decoded with blooms and compared with the header; `undefined` if the files do not hold them. */
  readonly storedReceipts: () => Promise<readonly Receipt[] | undefined>
  readonly senders: () => Promise<readonly Uint8Array[]>
  readonly receipts: () => Promise<readonly TransactionReceipt[] | undefined>
  /** Roughly how many bytes it takes in memory. */
  readonly weight: number
  #transactions: readonly Transaction[] | undefined

  /**
   * @throws {VerificationError} the body is not that of the header
   * @throws {E2FormatError} `BAD_RLP`
   */
  constructor(verified: VerifiedHeader, content: BlockContent, { network, threads }: BlockContext) {
    const { number, hash, header, headerRlp, trust, totalDifficulty } = verified
    this.number = number
    this.hash = hash
    this.header = header
    this.headerRlp = headerRlp
    this.trust = trust
    if (totalDifficulty !== undefined) this.totalDifficulty = totalDifficulty
    const { kind, body, position, loadReceipts, receiptBytes } = content
    checkContents(kind, header, { number, body, positions: { body: position } }, defaultHashes())
    this.body = decodeBody(body, { what: 'body', position })
    this.size = blockSize(headerRlp, body)
    const { transactions: envelopes } = this.body
    this.weight = BLOCK_BYTES + body.length + receiptBytes * 4 + envelopes.length * TRANSACTION_BYTES
    this.storedReceipts = once(() => loadReceipts(envelopes.length))
    this.senders = once(() => recoverSenders(envelopes, this.transactions(), threads))
    this.receipts = once(async () => {
      const receipts = await this.storedReceipts()
      if (receipts === undefined) return undefined
      const senders = await this.senders()
      return deriveReceipts(receipts, { header, network, transactions: this.transactions(), senders })
    })
  }

  transactions(): readonly Transaction[] {
    this.#transactions ??= this.body.transactions.map((envelope) => decodeTransaction(envelope))
    return this.#transactions
  }
}

/** Bytes of `[header, ...body]` as RLP. */
function blockSize(headerRlp: Uint8Array, body: Uint8Array): number {
  const payload = headerRlp.length + body.length - new RlpReader(body).list('body').position
  if (payload < 56) return 1 + payload
  let lengthBytes = 1
  for (let rest = payload; rest > 255; rest = Math.floor(rest / 256)) lengthBytes++
  return 1 + lengthBytes + payload
}
