import { type RlpOrigin, RlpReader } from '../rlp/reader.ts'

/** Called with the bytes that hold a value, where it is in them, and its field: 0 for the address, then the topics. */
export type OnLogValue = (bytes: Uint8Array, from: number, length: number, field: number) => void

const ADDRESS_BYTES = 20
const TOPIC_BYTES = 32
/** Items of a receipt before its logs: outcome, gas and bloom, or type, outcome and gas. */
const BEFORE_LOGS = 3

/**
 * Call back for the address and each topic of each log of a block. Nothing else of the receipts is decoded.
 *
 * @param rlp receipts with or without blooms
 * @throws {E2FormatError} `BAD_RLP`
 */
export function scanLogs(rlp: Uint8Array, origin: RlpOrigin, onValue: OnLogValue): void {
  const receipts = new RlpReader(rlp, origin).list('receipts')
  while (receipts.hasMore) {
    const receipt = openReceipt(receipts)
    for (let i = 0; i < BEFORE_LOGS; i++) receipt.skip('item')
    const logs = receipt.list('logs')
    while (logs.hasMore) {
      const log = logs.list('log')
      log.skipFixed('address', ADDRESS_BYTES)
      onValue(log.bytes, log.position - ADDRESS_BYTES, ADDRESS_BYTES, 0)
      const topics = log.list('topics')
      for (let field = 1; topics.hasMore; field++) {
        topics.skipFixed('topic', TOPIC_BYTES)
        onValue(topics.bytes, topics.position - TOPIC_BYTES, TOPIC_BYTES, field)
      }
    }
  }
}

/** The next receipt: a list, or one in a byte string after its type. */
function openReceipt(receipts: RlpReader): RlpReader {
  if (receipts.nextIsList) return receipts.list('receipt')
  const length = receipts.skipString('receipt')
  const from = receipts.position - length
  return new RlpReader(receipts.bytes, receipts.origin, from + 1, receipts.position).list('receipt')
}
