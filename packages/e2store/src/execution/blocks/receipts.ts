import type { Hashes } from '../../hash/hashes.ts'
import { encodeRlp, type RlpValue } from '../../rlp/encode.ts'
import { NO_ORIGIN, type RlpOrigin, RlpReader, readList } from '../../rlp/reader.ts'
import { envelopeItem, readEnvelopes } from './body.ts'
import { ItemLimit } from './item-limit.ts'
import { BLOOM_BYTES, type EventLog, logsBloom } from './logs.ts'

export interface Receipt {
  /** 0 for a transaction without type. */
  readonly type: number
  /** Whether the transaction succeeded; before Byzantium the state's root after it, 32 bytes. */
  readonly outcome: boolean | Uint8Array
  readonly cumulativeGasUsed: bigint
  /** 256 bytes; absent from slim receipts. */
  readonly logsBloom?: Uint8Array
  readonly logs: readonly EventLog[]
  /** Of a deposit (type 0x7e) on an OP Stack chain from Regolith on: the sender's nonce. */
  readonly depositNonce?: bigint
  /** From Canyon on, with {@link depositNonce}. */
  readonly depositReceiptVersion?: bigint
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** The type of deposits on chains of the OP Stack. */
export const DEPOSIT_TYPE = 0x7e

const RECEIPTS_ORIGIN: RlpOrigin = { ...NO_ORIGIN, what: 'receipts' }
const EMPTY = new Uint8Array(0)
const MAX_TOPICS = 4

/**
 * Split a list of receipts into the values of the receipts trie: each an RLP list, or `type | payload`.
 *
 * @throws {E2FormatError} `BAD_RLP`
 */
export function splitReceipts(rlp: Uint8Array, origin: RlpOrigin = RECEIPTS_ORIGIN): Uint8Array[] {
  if (isEmptyList(rlp)) return []
  const outer = new RlpReader(rlp, origin)
  const envelopes = readEnvelopes(outer, 'receipt')
  outer.end(origin.what)
  return envelopes
}

/**
 * Decode the receipts of a block as consensus encodes them, with blooms. Bytes borrow `rlp`.
 *
 * @throws {E2FormatError} `BAD_RLP`
 * @see docs/spec/e2store-execution.md §3.3
 */
export function decodeReceipts(rlp: Uint8Array, origin: RlpOrigin = RECEIPTS_ORIGIN): Receipt[] {
  const limit = new ItemLimit('logs')
  return splitReceipts(rlp, origin).map((envelope) => decodeEnvelope(envelope, origin, limit))
}

function decodeEnvelope(envelope: Uint8Array, origin: RlpOrigin, limit: ItemLimit): Receipt {
  const first = envelope[0] as number
  const type = first >= 0xc0 ? 0 : first
  const list = new RlpReader(envelope, origin, type === 0 ? 0 : 1).list('receipt')
  const receipt: Writable<Receipt> = {
    type,
    outcome: readOutcome(list),
    cumulativeGasUsed: list.uint('cumulativeGasUsed'),
    logsBloom: list.fixed('logsBloom', BLOOM_BYTES),
    logs: readLogs(list, limit),
  }
  if (type === DEPOSIT_TYPE) readDepositFields(list, receipt)
  list.end('receipt')
  return receipt
}

/**
 * Decode slim receipts: `[type, outcome, cumulative gas, logs]` each, without blooms. Bytes borrow `rlp`.
 *
 * @throws {E2FormatError} `BAD_RLP`
 * @see docs/spec/e2store-execution.md §3.3
 */
export function decodeSlimReceipts(rlp: Uint8Array, origin: RlpOrigin = RECEIPTS_ORIGIN): Receipt[] {
  if (isEmptyList(rlp)) return []
  return readList(rlp, origin, (items) => {
    const receipts: Receipt[] = []
    const limit = { receipts: new ItemLimit('receipts'), logs: new ItemLimit('logs') }
    while (items.hasMore) {
      limit.receipts.take(items)
      const list = items.list('receipt')
      const at = list.position
      const type = list.count('type')
      if (type > 0x7f) throw list.error(`receipt of type ${type}`, at)
      const outcome = readOutcome(list)
      const receipt: Writable<Receipt> = {
        type,
        outcome,
        cumulativeGasUsed: list.uint('cumulativeGasUsed'),
        logs: readLogs(list, limit.logs),
      }
      if (type === DEPOSIT_TYPE) readDepositFields(list, receipt)
      list.end('receipt')
      receipts.push(receipt)
    }
    return receipts
  })
}

/**
 * Encode one receipt as in the receipts trie; an absent bloom is computed.
 *
 * Of a deposit the trie has the nonce only together with the version.
 *
 * @see docs/spec/e2store-execution.md §3.3
 */
export function encodeReceipt(receipt: Receipt, hashes: Hashes): Uint8Array {
  return encodeEnvelope(receipt, hashes, receipt.depositReceiptVersion === undefined ? [] : depositItems(receipt))
}

/** Encode the receipts of a block as in consensus; absent blooms are computed. */
export function encodeReceipts(receipts: readonly Receipt[], hashes: Hashes): Uint8Array {
  return encodeRlp(receipts.map((receipt) => envelopeItem(encodeEnvelope(receipt, hashes, depositItems(receipt)))))
}

/** Encode the receipts of a block without their blooms. */
export function encodeSlimReceipts(receipts: readonly Receipt[]): Uint8Array {
  return encodeRlp(
    receipts.map((receipt) => [
      receipt.type,
      outcomeItem(receipt),
      receipt.cumulativeGasUsed,
      receipt.logs.map(logItems),
      ...depositItems(receipt),
    ]),
  )
}

/**
 * The value in the receipts trie of an envelope: the same bytes, except of a deposit, whose envelope may have a nonce that
 * the trie does not have.
 *
 * @throws {E2FormatError} `BAD_RLP`
 */
export function trieReceipt(envelope: Uint8Array, origin: RlpOrigin, hashes: Hashes): Uint8Array {
  if (envelope[0] !== DEPOSIT_TYPE) return envelope
  return encodeReceipt(decodeEnvelope(envelope, origin, new ItemLimit('logs')), hashes)
}

function encodeEnvelope(receipt: Receipt, hashes: Hashes, further: readonly RlpValue[]): Uint8Array {
  const { type, cumulativeGasUsed, logs } = receipt
  const bloom = receipt.logsBloom ?? logsBloom(logs, hashes)
  const list = encodeRlp([outcomeItem(receipt), cumulativeGasUsed, bloom, logs.map(logItems), ...further])
  if (type === 0) return list
  const envelope = new Uint8Array(1 + list.length)
  envelope[0] = type
  envelope.set(list, 1)
  return envelope
}

/** The fields that only receipts of deposits have, which no other type may have. */
function depositItems({ type, depositNonce, depositReceiptVersion }: Receipt): RlpValue[] {
  if (type !== DEPOSIT_TYPE || depositNonce === undefined) return []
  return depositReceiptVersion === undefined ? [depositNonce] : [depositNonce, depositReceiptVersion]
}

function readDepositFields(list: RlpReader, receipt: Writable<Receipt>): void {
  if (list.hasMore) receipt.depositNonce = list.uint('depositNonce')
  if (list.hasMore) receipt.depositReceiptVersion = list.uint('depositReceiptVersion')
}

/** Whether a list of receipts is that of a block without transactions. */
function isEmptyList(rlp: Uint8Array): boolean {
  return rlp.length === 1 && rlp[0] === 0xc0
}

function readOutcome(list: RlpReader): boolean | Uint8Array {
  const at = list.position
  const bytes = list.string('status')
  if (bytes.length === 32) return bytes
  if (bytes.length === 0) return false
  if (bytes.length === 1 && bytes[0] === 1) return true
  throw list.error(`status of ${bytes.length} bytes is neither 0, 1 nor a root`, at)
}

function outcomeItem({ outcome }: Receipt): RlpValue {
  if (typeof outcome === 'boolean') return outcome ? Uint8Array.of(1) : EMPTY
  return outcome
}

function readLogs(list: RlpReader, limit: ItemLimit): EventLog[] {
  const items = list.list('logs')
  const logs: EventLog[] = []
  while (items.hasMore) {
    limit.take(items)
    const log = items.list('log')
    const address = log.fixed('address', 20)
    const topicItems = log.list('topics')
    const topics: Uint8Array[] = []
    while (topicItems.hasMore) {
      if (topics.length === MAX_TOPICS) throw log.error(`more than ${MAX_TOPICS} topics`, topicItems.position)
      topics.push(topicItems.fixed('topic', 32))
    }
    logs.push({ address, topics, data: log.string('data') })
    log.end('log')
  }
  return logs
}

function logItems({ address, topics, data }: EventLog): RlpValue {
  return [address, topics, data]
}
