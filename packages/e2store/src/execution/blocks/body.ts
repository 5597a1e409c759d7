import { equalBytes } from '../../io/bytes.ts'
import { encodeRlp, type RlpValue, rawRlp } from '../../rlp/encode.ts'
import { NO_ORIGIN, type RlpOrigin, RlpReader, readList } from '../../rlp/reader.ts'
import { type BlockHeader, headerItems, readHeaderItems } from './header.ts'
import { ItemLimit } from './item-limit.ts'

/** A withdrawal from the beacon chain; `amount` in Gwei, `address` 20 bytes. */
export interface Withdrawal {
  readonly index: bigint
  readonly validatorIndex: bigint
  readonly address: Uint8Array
  readonly amount: bigint
}

export interface BlockBody {
  /** Each as in the transactions trie: an RLP list, or `type | payload` from type 1 on. */
  readonly transactions: readonly Uint8Array[]
  readonly uncles: readonly BlockHeader[]
  /** From Shanghai on. */
  readonly withdrawals?: readonly Withdrawal[]
}

/** The parts of a body that a header commits to, still encoded. */
export interface BodyParts {
  readonly transactions: readonly Uint8Array[]
  /** RLP of the whole list. */
  readonly uncles: Uint8Array
  readonly withdrawals: readonly Uint8Array[] | undefined
}

const BODY_ORIGIN: RlpOrigin = { ...NO_ORIGIN, what: 'body' }
/** The body of most blocks in a chain's first years, which is not parsed each time. */
const EMPTY_BODY = Uint8Array.of(0xc2, 0xc0, 0xc0)
const EMPTY_PARTS: BodyParts = { transactions: [], uncles: Uint8Array.of(0xc0), withdrawals: undefined }
const EMPTY_LIST_BYTES = 1

/**
 * Split a body into its parts, which borrow `rlp`. The structure is checked, fields are not.
 *
 * @throws {E2FormatError} `BAD_RLP`
 * @see docs/spec/e2store-execution.md §3.2
 */
export function splitBody(rlp: Uint8Array, origin: RlpOrigin = BODY_ORIGIN): BodyParts {
  if (equalBytes(rlp, EMPTY_BODY)) return EMPTY_PARTS
  return readList(rlp, origin, (items) => {
    const transactions = readEnvelopes(items, 'transaction')
    if (!items.nextIsList) throw items.error('uncles are not a list', items.position)
    const uncles = items.raw('uncles')
    const withdrawals = items.hasMore ? readWithdrawals(items) : undefined
    return { transactions, uncles, withdrawals }
  })
}

/**
 * Decode a body: `[transactions, uncles, withdrawals?]`. Bytes borrow `rlp`.
 *
 * @throws {E2FormatError} `BAD_RLP`
 * @see docs/spec/e2store-execution.md §3.2
 */
export function decodeBody(rlp: Uint8Array, origin: RlpOrigin = BODY_ORIGIN): BlockBody {
  const parts = splitBody(rlp, origin)
  const { transactions } = parts
  const uncles = parts.uncles.length === EMPTY_LIST_BYTES ? [] : decodeUncles(parts.uncles, origin)
  if (parts.withdrawals === undefined) return { transactions, uncles }
  return { transactions, uncles, withdrawals: parts.withdrawals.map((item) => decodeWithdrawal(item, origin)) }
}

export function encodeBody({ transactions, uncles, withdrawals }: BlockBody): Uint8Array {
  const items: RlpValue[] = [transactions.map(envelopeItem), uncles.map(headerItems)]
  if (withdrawals !== undefined) items.push(withdrawals.map(withdrawalItems))
  return encodeRlp(items)
}

/** A transaction or receipt as an item of its list: lists as they are, typed ones as byte strings. */
export function envelopeItem(envelope: Uint8Array): RlpValue {
  return (envelope[0] ?? 0) >= 0xc0 ? rawRlp(envelope) : envelope
}

/**
 * The items of the next list as envelopes: an RLP list, or `type | payload` with a type below 0x80. The structure of
 * payloads is checked.
 */
export function readEnvelopes(items: RlpReader, what: string): Uint8Array[] {
  const list = items.list(`${what}s`)
  const limit = new ItemLimit(`${what}s`)
  const out: Uint8Array[] = []
  while (list.hasMore) {
    limit.take(list)
    out.push(readEnvelope(list, what))
  }
  return out
}

function readEnvelope(list: RlpReader, what: string): Uint8Array {
  if (list.nextIsList) return list.raw(what)
  const at = list.position
  const envelope = list.string(what)
  if (envelope.length < 2) throw list.error(`typed ${what} of ${envelope.length} bytes`, at)
  if ((envelope[0] as number) >= 0x80) throw list.error(`${what} of type ${envelope[0]}`, at)
  const payload = new RlpReader(envelope, { ...list.origin, what: `${what} in the ${list.origin.what}` }, 1)
  if (!payload.nextIsList) throw list.error(`typed ${what} without a list`, at)
  payload.skip(what)
  payload.end(what)
  return envelope
}

function readWithdrawals(items: RlpReader): Uint8Array[] {
  const list = items.list('withdrawals')
  const limit = new ItemLimit('withdrawals')
  const out: Uint8Array[] = []
  while (list.hasMore) {
    limit.take(list)
    out.push(list.raw('withdrawal'))
  }
  return out
}

function decodeUncles(rlp: Uint8Array, origin: RlpOrigin): BlockHeader[] {
  return readList(rlp, origin, (items) => {
    const uncles: BlockHeader[] = []
    while (items.hasMore) {
      const uncle = items.list('uncle')
      uncles.push(readHeaderItems(uncle))
      uncle.end('uncle')
    }
    return uncles
  })
}

function decodeWithdrawal(rlp: Uint8Array, origin: RlpOrigin): Withdrawal {
  return readList(rlp, origin, (items) => ({
    index: items.uint('index'),
    validatorIndex: items.uint('validatorIndex'),
    address: items.fixed('address', 20),
    amount: items.uint('amount'),
  }))
}

function withdrawalItems({ index, validatorIndex, address, amount }: Withdrawal): RlpValue[] {
  return [index, validatorIndex, address, amount]
}
