import { VerificationError } from '../../errors.ts'
import type { Hashes } from '../../hash/hashes.ts'
import { equalBytes, toHex } from '../../io/bytes.ts'
import { EMPTY_TRIE_ROOT, orderedTrieRoot } from '../../trie/ordered-trie.ts'
import type { BlockPayloads } from '../archive/block.ts'
import type { ArchiveKind } from '../archive/layout.ts'
import { splitBody } from '../blocks/body.ts'
import type { HeaderLinks } from '../blocks/header.ts'
import { DEPOSIT_TYPE, decodeSlimReceipts, encodeReceipt, splitReceipts, trieReceipt } from '../blocks/receipts.ts'

/** The contents of a block, counted. */
export interface BlockCounts {
  readonly transactions: number
  readonly receipts: number
  readonly uncles: boolean
  readonly withdrawals: number
  /** Whether the header's withdrawals root is not that of withdrawals, as on OP Stack chains from Isthmus on. */
  readonly otherWithdrawalsRoot: boolean
}

const EMPTY_LIST_BYTES = 1

/**
 * Check that a block's body and receipts are those that its header commits to.
 *
 * @throws {VerificationError} `WRONG_ROOT`, `WRONG_COUNT`
 * @throws {E2FormatError} `BAD_RLP`
 * @see docs/spec/e2store-execution.md §11.2
 */
export function checkContents(
  kind: ArchiveKind,
  header: HeaderLinks,
  { body, receipts, positions }: BlockPayloads,
  hashes: Hashes,
): BlockCounts {
  const counts = { transactions: 0, receipts: 0, uncles: false, withdrawals: 0, otherWithdrawalsRoot: false }
  if (body !== undefined) {
    const position = positions.body ?? 0
    const parts = splitBody(body, { what: 'body', position })
    const { number } = header
    checkRoot('transactions', number, position, header.transactionsRoot, trieRoot(parts.transactions, hashes))
    counts.uncles = parts.uncles.length > EMPTY_LIST_BYTES
    const unclesHash = counts.uncles ? hashes.keccak256(parts.uncles) : EMPTY_OMMERS_HASH
    checkRoot('uncles', number, position, header.ommersHash, unclesHash)
    const isOpBlock = parts.transactions[0]?.[0] === DEPOSIT_TYPE
    counts.otherWithdrawalsRoot = isOpBlock && hasOtherRoot(header, parts.withdrawals)
    if (!counts.otherWithdrawalsRoot) checkWithdrawals(header, parts.withdrawals, position, hashes)
    counts.transactions = parts.transactions.length
    counts.withdrawals = parts.withdrawals?.length ?? 0
  }
  if (receipts !== undefined) {
    const position = positions.receipts ?? 0
    const envelopes = receiptEnvelopes(kind, receipts, position, hashes)
    counts.receipts = envelopes.length
    if (body !== undefined && envelopes.length !== counts.transactions) {
      const message = `block ${header.number} has ${envelopes.length} receipts for ${counts.transactions} transactions`
      throw new VerificationError('WRONG_COUNT', message, position)
    }
    checkRoot('receipts', header.number, position, header.receiptsRoot, trieRoot(envelopes, hashes))
  }
  return counts
}

/** `keccak256(rlp([]))`. */
const EMPTY_OMMERS_HASH = Uint8Array.from([
  0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45,
  0x1b, 0x94, 0x8a, 0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47,
])

function receiptEnvelopes(kind: ArchiveKind, receipts: Uint8Array, position: number, hashes: Hashes): Uint8Array[] {
  const origin = { what: 'receipts', position }
  if (kind !== 'ere') return splitReceipts(receipts, origin).map((envelope) => trieReceipt(envelope, origin, hashes))
  return decodeSlimReceipts(receipts, origin).map((receipt) => encodeReceipt(receipt, hashes))
}

/** On OP Stack chains the header has from Isthmus on the storage root of a contract, and blocks have no withdrawals. */
function hasOtherRoot({ withdrawalsRoot }: HeaderLinks, withdrawals: readonly Uint8Array[] | undefined): boolean {
  return withdrawalsRoot !== undefined && withdrawals?.length === 0 && !equalBytes(withdrawalsRoot, EMPTY_TRIE_ROOT)
}

function checkWithdrawals(
  header: HeaderLinks,
  withdrawals: readonly Uint8Array[] | undefined,
  position: number,
  hashes: Hashes,
): void {
  const { withdrawalsRoot: expected, number } = header
  if (expected === undefined && withdrawals === undefined) return
  if (expected === undefined || withdrawals === undefined) {
    const which = expected === undefined ? 'the body has withdrawals, the header has no root' : 'the body has none'
    throw new VerificationError('WRONG_ROOT', `withdrawals of block ${number}: ${which}`, position)
  }
  checkRoot('withdrawals', number, position, expected, trieRoot(withdrawals, hashes))
}

function trieRoot(values: readonly Uint8Array[], hashes: Hashes): Uint8Array {
  return values.length === 0 ? EMPTY_TRIE_ROOT : orderedTrieRoot(values, hashes)
}

function checkRoot(what: string, number: bigint, position: number, expected: Uint8Array, found: Uint8Array): void {
  if (equalBytes(expected, found)) return
  const message = `${what} of block ${number} hash to ${toHex(found)}, the header has ${toHex(expected)}`
  throw new VerificationError('WRONG_ROOT', message, position)
}
