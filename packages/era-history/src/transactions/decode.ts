import { defaultHashes, type RlpOrigin, RlpReader } from '@datastreamer/e2store/execution'
import { TransactionError } from '../errors.ts'
import { accessList, authorizations, blobHashes, optionalAddress, word } from './fields.ts'
import { DEPOSIT_TYPE, type Transaction } from './transaction.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Fields = Writable<Omit<Transaction, 'hash' | 'type'>>
type Signature = NonNullable<Transaction['signature']>

const ORIGIN: RlpOrigin = { what: 'transaction', position: 0 }

/**
 * Decode a transaction from its envelope: an RLP list, or `type | list` from type 1 on. Bytes borrow the envelope.
 *
 * Every value that fits its field is accepted, as an archive has to: signatures are not checked here. Of blob
 * transactions it takes the form in blocks, which has no blobs.
 *
 * @throws {TransactionError} `UNKNOWN_TYPE`
 * @throws {E2FormatError} `BAD_RLP`
 */
export function decodeTransaction(envelope: Uint8Array, origin: RlpOrigin = ORIGIN): Transaction {
  const type = transactionType(envelope)
  const read = READERS[type]
  if (read === undefined) throw unknownType(type)
  const outer = new RlpReader(envelope, origin, type === 0 ? 0 : 1)
  const items = outer.list(origin.what)
  outer.end(origin.what)
  const fields = read(items)
  items.end(origin.what)
  return { hash: defaultHashes().keccak256(envelope), type, ...fields }
}

/** The type of a transaction: 0 if its envelope is a list. */
export function transactionType(envelope: Uint8Array): number {
  const first = envelope[0] ?? 0
  return first >= 0xc0 ? 0 : first
}

export function unknownType(type: number): TransactionError {
  return new TransactionError('UNKNOWN_TYPE', `transaction of unknown type ${type}`)
}

const READERS: Readonly<Record<number, (items: RlpReader) => Fields>> = {
  0: readUntyped,
  1: readAccessList,
  2: readDynamicFee,
  3: (items) => {
    const fields = readDynamicFeeFields(items)
    fields.maxFeePerBlobGas = word(items, 'maxFeePerBlobGas')
    fields.blobVersionedHashes = blobHashes(items)
    return { ...fields, signature: readSignature(items) }
  },
  4: (items) => {
    const fields = readDynamicFeeFields(items)
    fields.authorizationList = authorizations(items)
    return { ...fields, signature: readSignature(items) }
  },
  [DEPOSIT_TYPE]: readDeposit,
}

function readUntyped(items: RlpReader): Fields {
  const nonce = word(items, 'nonce')
  const gasPrice = word(items, 'gasPrice')
  const fields: Fields = { nonce, gasPrice, ...readCall(items) }
  const v = word(items, 'v')
  if (v >= 35n) fields.chainId = (v - 35n) / 2n
  // 27 and 28, or 35 and 36 plus an even number: parity 0 is odd.
  const yParity = Number((v + 1n) & 1n)
  fields.signature = { v, r: word(items, 'r'), s: word(items, 's'), yParity }
  return fields
}

function readAccessList(items: RlpReader): Fields {
  const chainId = word(items, 'chainId')
  const nonce = word(items, 'nonce')
  const gasPrice = word(items, 'gasPrice')
  const call = readCall(items)
  return { chainId, nonce, gasPrice, ...call, accessList: accessList(items), signature: readSignature(items) }
}

function readDynamicFee(items: RlpReader): Fields {
  return { ...readDynamicFeeFields(items), signature: readSignature(items) }
}

/** What transactions of types 2 to 4 have in common. */
function readDynamicFeeFields(items: RlpReader): Fields {
  const chainId = word(items, 'chainId')
  const nonce = word(items, 'nonce')
  const maxPriorityFeePerGas = word(items, 'maxPriorityFeePerGas')
  const maxFeePerGas = word(items, 'maxFeePerGas')
  const call = readCall(items)
  return { chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, ...call, accessList: accessList(items) }
}

function readCall(items: RlpReader): Pick<Fields, 'gasLimit' | 'to' | 'value' | 'input'> {
  const gasLimit = word(items, 'gasLimit')
  const to = optionalAddress(items, 'to')
  const value = word(items, 'value')
  const input = items.string('data')
  return to === undefined ? { gasLimit, value, input } : { gasLimit, to, value, input }
}

function readSignature(items: RlpReader): Signature {
  const v = word(items, 'yParity')
  return { v, r: word(items, 'r'), s: word(items, 's'), yParity: Number(v & 1n) }
}

function readDeposit(items: RlpReader): Fields {
  const sourceHash = items.fixed('sourceHash', 32)
  const from = items.fixed('from', 20)
  const to = optionalAddress(items, 'to')
  const mint = word(items, 'mint')
  const value = word(items, 'value')
  const gasLimit = word(items, 'gas')
  const isSystemTransaction = items.count('isSystemTransaction') !== 0
  const input = items.string('data')
  const deposit = { sourceHash, from, mint, isSystemTransaction }
  const fields = { nonce: 0n, gasLimit, value, input, deposit }
  return to === undefined ? fields : { ...fields, to }
}
