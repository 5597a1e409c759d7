import { defaultHashes, encodeRlp, RlpReader, type RlpValue, rawRlp } from '@datastreamer/e2store/execution'
import { TransactionError } from '../errors.ts'
import { transactionType, unknownType } from '../transactions/decode.ts'
import { DEPOSIT_TYPE, type Transaction } from '../transactions/transaction.ts'

/** What a public key is recovered from. */
export interface SignedHash {
  /** 32 bytes. */
  readonly hash: Uint8Array
  /** `r | s`, 32 bytes each, big-endian. */
  readonly signature: Uint8Array
  readonly yParity: number
}

/** Items of a transaction before its signature. */
const SIGNED_ITEMS: Readonly<Record<number, number>> = { 0: 6, 1: 8, 2: 9, 3: 11, 4: 10 }
const ZERO_ADDRESS = new Uint8Array(20)
const EMPTY = new Uint8Array(0)

/**
 * The sender of a transaction that does not sign: of a deposit, or of the first blocks of OP chains, whose system
 * transactions have an empty signature and the address zero. `undefined` if the sender has to be recovered.
 */
export function statedSender({ type, deposit, signature }: Transaction): Uint8Array | undefined {
  if (deposit !== undefined) return deposit.from
  if (type === 0 && signature?.r === 0n && signature.s === 0n) return ZERO_ADDRESS
  return undefined
}

/**
 * The hash that was signed, and the signature.
 *
 * @throws {TransactionError} `BAD_SIGNATURE`: v is none of those that are specified
 */
export function signedHash(envelope: Uint8Array, transaction: Transaction): SignedHash {
  const { signature, chainId } = transaction
  const type = transactionType(envelope)
  const count = SIGNED_ITEMS[type]
  if (type === DEPOSIT_TYPE || count === undefined || signature === undefined) throw unknownType(type)
  const { v, r, s, yParity } = signature
  const known = type === 0 ? v === 27n || v === 28n || v >= 35n : v < 2n
  if (!known) throw badSignature(transaction, `v is ${v}`)
  const list = encodeRlp([signedItems(envelope, type, count), ...protection(type, chainId)])
  const bytes = new Uint8Array(64)
  putWord(bytes, 0, r)
  putWord(bytes, 32, s)
  return { hash: defaultHashes().keccak256(withType(type, list)), signature: bytes, yParity }
}

export function badSignature({ hash }: Transaction, why: string): TransactionError {
  const name = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return new TransactionError('BAD_SIGNATURE', `no sender can be recovered of transaction 0x${name}: ${why}`)
}

/** The items before the signature as they are encoded. */
function signedItems(envelope: Uint8Array, type: number, count: number): RlpValue {
  const items = new RlpReader(envelope, undefined, type === 0 ? 0 : 1).list('transaction')
  const start = items.position
  for (let i = 0; i < count; i++) items.skip('item')
  return rawRlp(envelope.subarray(start, items.position))
}

/** What EIP-155 appends to transactions without type. */
function protection(type: number, chainId: bigint | undefined): RlpValue[] {
  return type === 0 && chainId !== undefined ? [chainId, EMPTY, EMPTY] : []
}

function withType(type: number, list: Uint8Array): Uint8Array {
  if (type === 0) return list
  const out = new Uint8Array(1 + list.length)
  out[0] = type
  out.set(list, 1)
  return out
}

function putWord(bytes: Uint8Array, at: number, value: bigint): void {
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < 4; i++) view.setBigUint64(at + 8 * i, (value >> BigInt(64 * (3 - i))) & 0xffff_ffff_ffff_ffffn)
}
