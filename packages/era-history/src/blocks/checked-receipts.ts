import { VerificationError } from '@datastreamer/e2store'
import {
  type ArchiveKind,
  type BlockHeader,
  decodeReceipts,
  decodeSlimReceipts,
  defaultHashes,
  encodeReceipt,
  logsBloom,
  orderedTrieRoot,
  type Receipt,
  splitReceipts,
} from '@datastreamer/e2store/execution'
import { DEPOSIT_TYPE } from '../transactions/transaction.ts'
import { equalBytes, hexOf } from '../trust/bytes.ts'

/** The content of a receipts record, decompressed. */
export interface ReceiptsPayload {
  readonly bytes: Uint8Array
  /** Of its record in the file. */
  readonly position: number
}

/**
 * Decode the receipts of a block, with blooms, and compare them with its header.
 *
 * @param transactions how many the block has, if its body was read
 * @throws {VerificationError} `WRONG_COUNT`, `WRONG_ROOT`
 * @throws {E2FormatError} `BAD_RLP`
 */
export function checkedReceipts(
  kind: ArchiveKind,
  { number, receiptsRoot }: BlockHeader,
  { bytes, position }: ReceiptsPayload,
  transactions?: number,
): Receipt[] {
  const origin = { what: 'receipts', position }
  const hashes = defaultHashes()
  const receipts =
    kind === 'ere'
      ? decodeSlimReceipts(bytes, origin).map((slim) => ({ ...slim, logsBloom: logsBloom(slim.logs, hashes) }))
      : decodeReceipts(bytes, origin)
  if (transactions !== undefined && receipts.length !== transactions) {
    const message = `block ${number} has ${receipts.length} receipts for ${transactions} transactions`
    throw new VerificationError('WRONG_COUNT', message, position)
  }
  const root = orderedTrieRoot(trieValues(kind, receipts, bytes), hashes)
  if (equalBytes(root, receiptsRoot)) return receipts
  const message = `receipts of block ${number} hash to ${hexOf(root)}, the header has ${hexOf(receiptsRoot)}`
  throw new VerificationError('WRONG_ROOT', message, position)
}

/** The values of the receipts trie. That of a deposit may leave out fields which the file has. */
function trieValues(kind: ArchiveKind, receipts: readonly Receipt[], bytes: Uint8Array): Uint8Array[] {
  if (kind !== 'ere' && receipts.every(({ type }) => type !== DEPOSIT_TYPE)) return splitReceipts(bytes)
  return receipts.map((receipt) => encodeReceipt(receipt, defaultHashes()))
}
