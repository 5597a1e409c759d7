import { encodeRlp } from '../../rlp/encode.ts'
import { NO_ORIGIN, type RlpOrigin, readList } from '../../rlp/reader.ts'

/** An account of a state snapshot. Hashes and roots have 32 bytes. */
export interface SnapshotAccount {
  /** keccak256 of the address. */
  readonly addressHash: Uint8Array
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageRoot: Uint8Array
  readonly codeHash: Uint8Array
  readonly code: Uint8Array
  /** Number of storage records that follow. */
  readonly storageRecords: number
}

/** One slot of an account's storage. */
export interface StorageSlot {
  /** keccak256 of the slot's number, 32 bytes. */
  readonly slotHash: Uint8Array
  /** Big-endian, without leading zeros, up to 32 bytes. */
  readonly value: Uint8Array
}

/**
 * Decode an account. Bytes borrow `rlp`.
 *
 * @throws {E2FormatError} `BAD_RLP`
 * @see docs/spec/e2store-execution.md §8.4
 */
export function decodeAccount(rlp: Uint8Array, origin: RlpOrigin = { ...NO_ORIGIN, what: 'account' }): SnapshotAccount {
  return readList(rlp, origin, (items) => {
    const addressHash = items.fixed('addressHash', 32)
    const fields = items.list('account')
    const nonce = fields.uint('nonce')
    const balance = fields.uint('balance', 32)
    const storageRoot = fields.fixed('storageRoot', 32)
    const codeHash = fields.fixed('codeHash', 32)
    fields.end('account')
    const code = items.string('code')
    const storageRecords = items.count('storageRecords')
    return { addressHash, nonce, balance, storageRoot, codeHash, code, storageRecords }
  })
}

export function encodeAccount(account: SnapshotAccount): Uint8Array {
  const { addressHash, nonce, balance, storageRoot, codeHash, code, storageRecords } = account
  return encodeRlp([addressHash, [nonce, balance, storageRoot, codeHash], code, storageRecords])
}

/** An account as in the state trie. */
export function accountLeaf({ nonce, balance, storageRoot, codeHash }: SnapshotAccount): Uint8Array {
  return encodeRlp([nonce, balance, storageRoot, codeHash])
}
