import { VerificationError } from '@datastreamer/e2store'
import { defaultHashes, type Receipt } from '@datastreamer/e2store/execution'
import { heldReceipts, readReceipts } from '../blocks/read-block.ts'
import { type BlockContext, VerifiedBlock } from '../blocks/verified-block.ts'
import { HistoryError } from '../errors.ts'
import type { OpenFile } from '../files/file-pool.ts'
import { type FileSet, HEADER_COLUMNS } from '../files/file-set.ts'
import type { VerifiedHeader } from '../files/verifier.ts'
import type { BlockLogs, LogFilter } from '../history.ts'
import { type FoundLog, matchingLogs } from './match.ts'
import type { Pace } from './pace.ts'

export interface LogReaderOptions extends BlockContext {
  readonly files: FileSet
  readonly pace: Pace
  /** A block that is kept in memory, if it is. */
  readonly kept: (number: bigint) => VerifiedBlock | undefined
}

/**
 * Finds the logs of a block that match: reads its header and receipts and, only if some match, its body, for the hashes of
 * transactions. It keeps nothing of what it reads, in place of what others asked for.
 */
export class LogReader {
  readonly #options: LogReaderOptions

  constructor(options: LogReaderOptions) {
    this.#options = options
  }

  /**
   * The logs of a block that match a filter, if there are any.
   *
   * @throws {HistoryError} `NOT_HELD`, `NO_RECEIPTS`, `BLOCK_REJECTED`, `UNTRUSTED`
   */
  async find(number: bigint, filter: LogFilter): Promise<BlockLogs | undefined> {
    const kept = this.#options.kept(number)
    const { receipts, readBody } = kept === undefined ? await this.#read(number) : await ofKept(kept)
    if (receipts === undefined) throw new HistoryError('NO_RECEIPTS', `receipts of block ${number} are in no file`)
    const logs = matchingLogs(receipts, filter)
    if (logs.length === 0) return undefined
    const block = await readBody(receipts)
    if (block === undefined) throw notHeld(number)
    return { block, logs: withHashes(logs, block.body.transactions) }
  }

  async #read(number: bigint): Promise<Readable> {
    const { files } = this.#options
    const found = await files.read(number, (open) => this.#headerAndReceipts(open, number))
    if (found === undefined) throw notHeld(number)
    const { verified } = found
    return {
      receipts: found.receipts ?? (await files.read(number, (open) => readReceipts(open, verified.header))),
      readBody: (receipts) => files.read(number, (open) => this.#block(open, verified, receipts)),
    }
  }

  /** Without receipts where this file has none, or wrong ones: then others may have them. */
  async #headerAndReceipts(
    open: OpenFile,
    number: bigint,
  ): Promise<{ readonly verified: VerifiedHeader; readonly receipts: readonly Receipt[] | undefined }> {
    const { files, pace } = this.#options
    const payloads = await open.archive.payloads(number, [...HEADER_COLUMNS, 'receipts'])
    await pace.turn()
    const verified = await files.verifier.verify(open, payloads)
    const { receipts: bytes, positions } = payloads
    const held = bytes && { bytes, position: positions.receipts ?? 0 }
    return { verified, receipts: heldReceipts(open.archive.kind, verified.header, held) }
  }

  /** The whole block, with receipts that are known. */
  async #block({ archive }: OpenFile, verified: VerifiedHeader, receipts: readonly Receipt[]): Promise<VerifiedBlock> {
    const { body = NONE, positions } = await archive.payloads(verified.number, ['header', 'body'])
    await this.#options.pace.turn()
    const { kind } = archive
    const position = positions.body ?? 0
    const loadReceipts = async (): Promise<readonly Receipt[]> => receipts
    const block = new VerifiedBlock(verified, { kind, body, position, receiptBytes: 0, loadReceipts }, this.#options)
    const { length } = block.body.transactions
    if (length === receipts.length) return block
    const message = `block ${verified.number} has ${receipts.length} receipts for ${length} transactions`
    throw new VerificationError('WRONG_COUNT', message, position)
  }
}

const NONE = new Uint8Array(0)

/** What a search has of a block at first. */
interface Readable {
  readonly receipts: readonly Receipt[] | undefined
  readonly readBody: (receipts: readonly Receipt[]) => Promise<VerifiedBlock | undefined>
}

async function ofKept(block: VerifiedBlock): Promise<Readable> {
  return { receipts: await block.storedReceipts(), readBody: async () => block }
}

function notHeld(number: bigint): HistoryError {
  return new HistoryError('NOT_HELD', `block ${number} is in no file that can be used`)
}

/** Each transaction is hashed once. */
function withHashes(logs: readonly FoundLog[], transactions: readonly Uint8Array[]): BlockLogs['logs'] {
  const hashes = new Map<number, Uint8Array>()
  return logs.map((found) => {
    const { transactionIndex } = found
    const known = hashes.get(transactionIndex)
    const transactionHash = known ?? defaultHashes().keccak256(transactions[transactionIndex] as Uint8Array)
    hashes.set(transactionIndex, transactionHash)
    return { ...found, transactionHash }
  })
}
